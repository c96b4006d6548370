"""What ONTs have in common when they move together: the median of a group, and whether most of it follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diagnostics.thresholds import Thresholds
from diagnostics.trends.drifts import Drift, drifts_of
from diagnostics.trends.fleet import Numbers
from diagnostics.trends.slopes import Floats, row_medians


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """A group whose median falls, and most of whose ONTs fall with it.

    Attributes:
        number: The group.
        rows: Its ONTs that were measured.
        series: The median of what they receive, each from its own median, day by day.
        drift: How that moves.
        first: Day of the first column.
    """

    number: int
    rows: Numbers
    series: Floats
    drift: Drift


def members(groups: Numbers, measured: Floats, least: int) -> Iterator[tuple[int, Numbers]]:
    """The groups of ``least`` measured ONTs or more, with their rows; -1 is no group."""
    some = ~np.isnan(measured).all(axis=1) & (groups >= 0)
    rows = np.flatnonzero(some)
    order = rows[np.argsort(groups[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(order)], strict=False):  # without any group there is no start
        if end - start >= least:
            yield int(groups[order[start]]), order[start:end]


def median_series(apart: Floats, rows: Numbers) -> Floats:
    """The median of some rows, day by day."""
    return row_medians(apart[rows].T)


def moved(apart: Floats, groups: Numbers, least: int, first: int, t: Thresholds) -> dict[int, Moved]:
    """The groups that fall. ``apart``: what each ONT receives less its own median, a row an ONT."""
    found = list(members(groups, apart, least))
    if not found:
        return {}
    series = np.stack([median_series(apart, rows) for _, rows in found])
    drifts = drifts_of(series, first, t)
    kept: dict[int, Moved] = {}
    for place in np.flatnonzero(drifts.falls(t)):
        number, rows = found[place]
        following = drifts_of(apart[rows], first, t).falls(t)
        if following.sum() >= max(2, t.trend_share * len(rows)):
            kept[number] = Moved(number, rows, series[place], drifts.one(int(place)))
    return kept


def without(apart: Floats, groups: dict[int, Moved]) -> Floats:
    """What is left of each ONT's own once what its group does is taken off."""
    left = apart.copy()
    for group in groups.values():
        left[group.rows] -= group.series
    return left
