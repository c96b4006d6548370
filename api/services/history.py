"""What telemetry remembers of the line under test: 30 days of levels, falls of 7, counters as polling read them.

Nothing here judges. What is not kept is absent, never zero: a young store gives no reference and no trend.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from api.services.falls import Kept, falls
from api.services.levels import REFERENCE_DAYS, STEP_S, Levels
from api.services.network_events import NetworkEvents
from api.services.rates import COUNTERS, SHORTEST, Earlier
from domain.history import Drop, History
from domain.history import Sample as Point
from domain.identifiers import OntName
from domain.metric import Metric, Readings
from domain.metrics.olt import OLT_UPTIME_S, PON_BIAS_MA, PON_TX_DBM
from domain.metrics.ont import (
    OLT_RX_DBM,
    ONT_BIAS_MA,
    ONT_DOWN_CAUSE,
    ONT_LAST_CHANGE,
    ONT_LAST_DOWN,
    ONT_OPER,
    ONT_RX_DBM,
    ONT_TX_DBM,
)
from domain.metrics.reference import (
    REFERENCE_OLT_BIAS_MA,
    REFERENCE_OLT_RX_DBM,
    REFERENCE_OLT_TX_DBM,
    REFERENCE_ONT_BIAS_MA,
    REFERENCE_ONT_RX_DBM,
    REFERENCE_ONT_TX_DBM,
)
from domain.olt import OltTarget
from domain.reading import Quality, Reading, Source, Via, known
from domain.telemetry import Sample, TelemetryStore, Where

LOOK_BACK = timedelta(days=30)
"""What trends and references are drawn from: the retention by default."""

_FALLS = timedelta(days=7)
_MEDIAN = Source(Via.ENGINE, "median of 30 days of telemetry")

_REFERENCES: Mapping[Metric[float], Metric[float]] = {
    ONT_RX_DBM: REFERENCE_ONT_RX_DBM,
    ONT_TX_DBM: REFERENCE_ONT_TX_DBM,
    OLT_RX_DBM: REFERENCE_OLT_RX_DBM,
    ONT_BIAS_MA: REFERENCE_ONT_BIAS_MA,
    PON_TX_DBM: REFERENCE_OLT_TX_DBM,
    PON_BIAS_MA: REFERENCE_OLT_BIAS_MA,
}
"""Series of a line, and the reference that each gives."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered of a line.

    Attributes:
        history: Its series, one value each three hours, and its falls.
        references: Its medians, where enough days are kept.
        deltas: Level that each neighbour receives, less its own median, in dB.
        earlier: Counters as polling last read them.
    """

    history: History = field(default_factory=History)
    references: Readings = field(default_factory=Readings)
    deltas: Mapping[OntName, float] = field(default_factory=dict)
    earlier: Earlier = field(default_factory=Earlier)

    @property
    def empty(self) -> bool:
        """Whether nothing is remembered."""
        return not (self.history.series or self.history.drops or self.earlier.counts)


class LineHistory:
    """Reads the store for one line test."""

    def __init__(self, store: TelemetryStore, events: NetworkEvents) -> None:
        self._store = store
        self._events = events

    async def of(self, olt: OltTarget, ont: OntName, at: datetime, pbo: frozenset[OntName]) -> Past:
        """What is remembered at an instant of the line of ``ont``, whose PBO holds the ONTs ``pbo``."""
        line = Where(olt.operator_id, olt.name, ont=ont)
        port = Where(olt.operator_id, olt.name, pon=ont.pon_name)
        alone = [metric for metric in _REFERENCES if metric is not ONT_RX_DBM]
        around, drops, earlier, levels = await asyncio.gather(
            self._levels(port, at),
            self._falls(line, ont, at),
            self._earlier(line, port, at),
            asyncio.gather(*(self._series(line if m.entity == "ont" else port, m, at) for m in alone)),
        )
        series = {metric: points for metric, points in zip(alone, levels, strict=True) if points}
        series |= around.series(ont, pbo)
        return Past(
            History({metric.key: points for metric, points in series.items()}, drops),
            _references(series, at),
            around.deltas(ont, at),
            earlier,
        )

    async def falls(self, olt: OltTarget, ont: OntName, at: datetime) -> tuple[Drop, ...]:
        """The falls alone: a seventh of what `of` reads, and none of the levels."""
        return await self._falls(Where(olt.operator_id, olt.name, ont=ont), ont, at)

    async def _series(self, where: Where, metric: Metric[float], at: datetime) -> tuple[Point, ...]:
        steps = await self._store.downsampled(where, metric, at - LOOK_BACK, at, STEP_S)
        return tuple(Point(start, round(mean, 2)) for start, _, mean, _, _ in steps)

    async def _levels(self, port: Where, at: datetime) -> Levels:
        """The levels received on a whole PON port: of the line itself, and of what is around it."""
        found = Levels()
        async for track in self._store.tracks(port, ONT_RX_DBM, at - LOOK_BACK, at):
            found = Levels.of(track)  # one OLT was asked about
        return found

    async def _falls(self, line: Where, ont: OntName, at: datetime) -> tuple[Drop, ...]:
        metrics: tuple[Metric[Any], ...] = (ONT_OPER, ONT_LAST_CHANGE, ONT_LAST_DOWN, ONT_DOWN_CAUSE)
        kept = await asyncio.gather(*(self._store.series(line, metric, at - _FALLS, at) for metric in metrics))
        told = self._events.recent(line.olt or "", ont.pon_name, at - _FALLS)
        return falls(Kept(*kept), (event for event in told if event.ont == ont), at - _FALLS)

    async def _earlier(self, line: Where, port: Where, at: datetime) -> Earlier:
        found = await asyncio.gather(*(self._last(line, counter, at - SHORTEST) for counter in COUNTERS))
        counts = {counter: one for counter, one in zip(COUNTERS, found, strict=True) if one is not None}
        if not counts:
            return Earlier()
        latest = max(one.at for one in counts.values())
        return Earlier(counts, await self._last(port, OLT_UPTIME_S, latest))

    async def _last(self, where: Where, metric: Metric[Any], at: datetime) -> Sample | None:
        return next(iter(await self._store.as_of(where, metric, at)), None)


def _references(series: Mapping[Metric[float], Sequence[Point]], at: datetime) -> Readings:
    """The median of each series that has enough days."""
    found: dict[Metric[Any], Reading[Any]] = {}
    for metric, reference in _REFERENCES.items():
        points = series.get(metric, ())
        if len({point.at.date() for point in points}) >= REFERENCE_DAYS:
            median = round(float(np.median([point.value for point in points])), 2)
            found[reference] = known(median, at, _MEDIAN, Quality.DERIVED)
    return Readings(found)
