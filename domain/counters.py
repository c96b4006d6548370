"""What happened between readings of cumulative counters: differences, with wraps undone and resets left unknown.

Counters are stored as read; whoever wants a rate takes the differences of a series with this. Beyond 2**53 a reading is
rounded to a few units by its type; differences are as exact as their readings.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidValueError
from domain.telemetry import Values

_SLACK_S = 60.0
"""C: the uptime and the instants of two readings may disagree this much without the agent having started again."""

_TICKS_WRAP_S = (1 << 32) / 100
"""sysUpTime returns to 0 after 497 days (RFC 3418: TimeTicks of 32 bits)."""


def deltas(values: Values, at: Values, bits: int = 64, uptime_s: Values | None = None) -> Values:
    """What each reading adds to the last known one before it; NaN where that cannot be told.

    A counter that went back has wrapped or was reset. A 32-bit one is taken to have wrapped where that makes a step
    below half of its range; a 64-bit one does not wrap in a lifetime (RFC 2578 7.1.10): it was reset. Whatever it says,
    nothing is told across a start of the agent.

    Args:
        values: Readings along the last axis, in the order of time; NaN where unknown. Counters of many ONTs are rows.
        at: Instant of each reading, seconds; one axis.
        bits: Width of the counter: 32 or 64.
        uptime_s: Uptime of the agent at each reading, seconds; one axis; NaN where unknown.

    Returns:
        As many as ``values``; the first known reading has none before it.
    """
    if bits not in {32, 64}:
        raise InvalidValueError("bits", bits, "32 or 64")
    if values.shape[-1:] != at.shape or (uptime_s is not None and uptime_s.shape != at.shape):
        raise InvalidValueError("deltas", values.shape, "one instant, and one uptime, a reading")
    before = _last_known(values)
    earlier = np.where(before < 0, 0, before)
    with np.errstate(invalid="ignore"):
        steps = values - np.take_along_axis(values, earlier, axis=-1)
        if bits == 32:
            steps = np.where(steps < 0, steps + 2.0**32, steps)
            steps = np.where(steps < 2.0**31, steps, np.nan)
        steps = np.where((before >= 0) & (steps >= 0), steps, np.nan)
    if uptime_s is not None:
        starts = _starts(at, uptime_s)
        steps = np.where(starts[earlier] < starts, np.nan, steps)
    return steps


def _last_known(values: Values) -> NDArray[np.int64]:
    """Place of the last known reading before each one; -1 where there is none."""
    places = np.where(np.isnan(values), -1, np.arange(values.shape[-1]))
    upto = np.maximum.accumulate(places, axis=-1)
    before = np.full(values.shape, -1, dtype=np.int64)
    before[..., 1:] = upto[..., :-1]
    return before


def _starts(at: Values, uptime_s: Values) -> NDArray[np.int64]:
    """How often the agent has started again up to each reading.

    Where it did between two known uptimes, each reading between them may be on either side of it.
    """
    known = np.flatnonzero(~np.isnan(uptime_s))
    later = np.diff(at[known] - uptime_s[known])  # how much later it says that it started
    again = (later > _SLACK_S) & (np.abs(later - _TICKS_WRAP_S) > _SLACK_S)
    steps = np.zeros(len(at) + 1, dtype=np.int64)
    np.add.at(steps, known[:-1][again] + 1, 1)
    np.add.at(steps, known[1:][again] + 1, -1)
    return np.cumsum(np.cumsum(steps[:-1]))
