"""Errors over a known time: what the counters say now, less what polling read of them before.

Nothing is told across a start of the OLT or a change of state of the ONT, nor of a counter that went back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np

from domain.counters import deltas
from domain.metric import Metric, Readings
from domain.metrics.olt import OLT_UPTIME_S
from domain.metrics.ont import (
    ONT_BIP_DOWN,
    ONT_BIP_UP,
    ONT_COUNTER_INTERVAL_S,
    ONT_ERRORS_DOWN,
    ONT_ERRORS_UP,
    ONT_FEC_CORRECTED,
    ONT_FEC_UNCORRECTED,
    ONT_LAST_CHANGE,
)
from domain.reading import Quality, Reading, Reason, known, missing
from domain.telemetry import Sample

SHORTEST = timedelta(seconds=10)
"""Of counting (C): errors come in bursts, and an OLT may refresh its counters every few seconds only."""
LONGEST = timedelta(hours=2)
"""Of counting (C): polling has missed them for too long; a rate over more says nothing of the present."""

_COUNTED: Mapping[Metric[int], tuple[Metric[int], ...]] = {
    ONT_ERRORS_UP: (ONT_ERRORS_UP, ONT_BIP_UP),
    ONT_ERRORS_DOWN: (ONT_ERRORS_DOWN, ONT_BIP_DOWN),
    ONT_FEC_CORRECTED: (ONT_FEC_CORRECTED,),
    ONT_FEC_UNCORRECTED: (ONT_FEC_UNCORRECTED,),
}
"""What the engine takes as errors over an interval, and the cumulative counters that give it, the preferred first."""

COUNTERS: tuple[Metric[int], ...] = tuple(dict.fromkeys(one for counters in _COUNTED.values() for one in counters))
"""The cumulative counters to look up."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What polling read before the test.

    Attributes:
        counts: The last sample of each of `COUNTERS`; absent where none is kept.
        uptime: That of the OLT at the time of the latest of them.
    """

    counts: Mapping[Metric[int], Sample] = field(default_factory=dict)
    uptime: Sample | None = None


@dataclass(frozen=True, slots=True)
class _Pair:
    """One counter twice: as polling read it, and now."""

    metric: Metric[int]
    now: Reading[int]
    before: Sample | None


def with_rates(readings: Readings, earlier: Earlier) -> Readings:
    """``readings`` with errors over `ONT_COUNTER_INTERVAL_S` in the place of cumulative counters.

    Where no difference can be told they stay as they were read, without an interval: no rate.
    """
    if readings[ONT_COUNTER_INTERVAL_S].known:
        return readings
    pairs = list(_pairs(readings, earlier))
    since = max((pair.before.at for pair in pairs if pair.before is not None), default=None)
    counted = {pair.metric: _difference(pair, readings, earlier) for pair in pairs}
    told = [pair for pair in pairs if counted[pair.metric] is not None and pair.before and pair.before.at == since]
    if not told or since is None:
        return readings
    result: dict[Metric[Any], Reading[Any]] = {
        pair.metric: missing(Reason.NO_INTERVAL, pair.now.at, pair.now.source, str(pair.now.value)) for pair in pairs
    }
    for pair in told:
        at, count = pair.now.at, counted[pair.metric]
        assert at is not None and count is not None  # noqa: S101, PT018 - for the type checker
        result[pair.metric] = known(count, at, pair.now.source, Quality.DERIVED)
        result[ONT_COUNTER_INTERVAL_S] = known((at - since).total_seconds(), at, pair.now.source, Quality.DERIVED)
    return Readings({**readings.values, **result})


def _pairs(readings: Readings, earlier: Earlier) -> Iterator[_Pair]:
    for metric, counters in _COUNTED.items():
        counter = next((one for one in counters if readings[one].known), None)
        if counter is not None:
            before = earlier.counts.get(counter)
            yield _Pair(metric, readings[counter], before if before is None or before.value is not None else None)


def _difference(pair: _Pair, readings: Readings, earlier: Earlier) -> int | None:
    """Errors between two readings; ``None`` where that cannot be told."""
    before, at = pair.before, pair.now.at
    if before is None or before.value is None or at is None or pair.now.value is None:
        return None
    changed = readings.value(ONT_LAST_CHANGE)
    if not SHORTEST <= at - before.at <= LONGEST or (changed is not None and changed > before.at):
        return None
    uptimes = (None if earlier.uptime is None else earlier.uptime.value, readings.value(OLT_UPTIME_S))
    step = deltas(
        np.array([before.value, pair.now.value], dtype=np.float64),
        np.array([before.at.timestamp(), at.timestamp()]),
        uptime_s=np.array([np.nan if uptime is None else uptime for uptime in uptimes], dtype=np.float64),
    )[-1]
    return None if np.isnan(step) else int(step)
