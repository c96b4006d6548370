"""Change points: where a series steps from one level to another, and whether a step or a slope explains it best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnostics.trends.slopes import Floats, row_medians

_EDGE = 2
"""Samples wanted on each side of a step: one alone is an outlier."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The best step of each series.

    Attributes:
        at: Index of the first sample after the step.
        rise: Level after it less level before.
        misfit: Mean absolute distance of the samples from the two levels.
    """

    at: Floats
    rise: Floats
    misfit: Floats


def best_steps(values: Floats) -> Steps:
    """The step that leaves the least distance from two levels, a series a row; NaN where there is none."""
    rows, size = values.shape
    best = Steps(np.full(rows, np.nan), np.full(rows, np.nan), np.full(rows, np.inf))
    for cut in range(_EDGE, size - _EDGE + 1):
        before, after = values[:, :cut], values[:, cut:]
        enough = (np.sum(~np.isnan(before), axis=1) >= _EDGE) & (np.sum(~np.isnan(after), axis=1) >= _EDGE)
        if not enough.any():
            continue
        low, high = row_medians(before[enough]), row_medians(after[enough])
        distance = np.concatenate(
            [np.abs(before[enough] - low[:, None]), np.abs(after[enough] - high[:, None])], axis=1
        )
        misfit = np.nanmean(distance, axis=1)
        chosen = np.flatnonzero(enough)[better := misfit < best.misfit[enough]]
        best.at[chosen], best.rise[chosen], best.misfit[chosen] = cut, (high - low)[better], misfit[better]
    return best


def line_misfit(times: Floats, values: Floats, slopes: Floats) -> Floats:
    """Mean absolute distance of the samples from the line of that slope through their median, a series a row."""
    result = np.full(values.shape[0], np.inf)
    filled = ~np.isnan(slopes)
    if filled.any():
        flat = values[filled] - slopes[filled, None] * times[None, :]
        result[filled] = np.nanmean(np.abs(flat - row_medians(flat)[:, None]), axis=1)
    return result
