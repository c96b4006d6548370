"""Daily cycles, and what moves with the weather."""

from __future__ import annotations

import math

import numpy as np

from diagnostics.trends.slopes import Floats

_BUCKETS = 8
"""Parts of a day: three hours each."""

_MIN_DAYS = 4
_MIN_SAMPLES = 8


def daily_swing(days: Floats, values: Floats) -> float:
    """Peak to peak of the mean day, in the unit of the values, once each day's own median is taken off; NaN if unknown.

    A part of the day counts when it was seen on `_MIN_DAYS` days: a single storm is no cycle.
    """
    known = ~np.isnan(values)
    day, value = days[known], values[known]
    whole = np.floor(day)
    part = np.floor((day - whole) * _BUCKETS)
    flat = np.array(value)
    for one in np.unique(whole):
        flat[whole == one] -= np.median(value[whole == one])
    means = [
        float(np.median(flat[part == bucket]))
        for bucket in range(_BUCKETS)
        if np.unique(whole[part == bucket]).size >= _MIN_DAYS
    ]
    return max(means) - min(means) if len(means) > 1 else math.nan


def correlation(first: Floats, second: Floats) -> float:
    """Pearson's correlation of two series sampled together; NaN when too little is known or one never moves."""
    known = ~np.isnan(first) & ~np.isnan(second)
    a, b = first[known], second[known]
    if a.size < _MIN_SAMPLES or not np.ptp(a) or not np.ptp(b):
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def hour_spread(hours: Floats) -> float:
    """Half the width, in hours, of the shortest arc of the day that holds all these hours; NaN without any."""
    if not hours.size:
        return math.nan
    around = np.sort(hours % 24)
    gaps = np.diff(np.append(around, around[0] + 24))
    return float(24 - gaps.max()) / 2
