"""Last values: what is kept of readings, and how a newer reading takes the place of an older one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.metric import Metric, Readings
from domain.reading import Quality, Reading


def stored(readings: Readings) -> Readings:
    """The readings as they will be read back: a value read live is a stored one from now on."""
    return Readings(
        {
            metric: replace(reading, quality=Quality.STORED) if reading.quality is Quality.LIVE else reading
            for metric, reading in readings.values.items()
        }
    )


AHEAD = timedelta(seconds=60)
"""C: what is dated this much later than now was dated by a clock that has been set back since: anything is newer."""


def newest(old: Readings, new: Readings, now: datetime) -> Readings:
    """Both, the newest of each metric at ``now``. A reading without value never hides one with.

    One without instant is oldest, and so is one that is dated ahead of now.
    """
    latest = now + AHEAD
    result: dict[Metric[Any], Reading[Any]] = dict(old.values)
    for metric, reading in new.values.items():
        kept = result.get(metric)
        if kept is None or _supersedes(reading, kept, latest):
            result[metric] = reading
    return Readings(result)


def _supersedes(reading: Reading[Any], kept: Reading[Any], latest: datetime) -> bool:
    if reading.known is not kept.known:
        return reading.known
    if kept.at is None or kept.at > latest:
        return True
    return reading.at is not None and reading.at >= kept.at
