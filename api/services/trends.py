"""The « will fail » list: telemetry scanned every night, or when asked; kept until the next scan."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import structlog

from api.services.history import LOOK_BACK, LineHistory
from api.services.levels import STEP_S
from api.services.olts import require_network
from diagnostics.thresholds import Thresholds
from diagnostics.trends.closer import closer
from diagnostics.trends.fleet import LEVELS, Around, days_of
from diagnostics.trends.scan import dipping, restless, scan
from domain.access import OpticalClass, OutsidePlant
from domain.clock import Clock
from domain.errors import ConflictError, ForbiddenError, NotFoundError
from domain.history import History
from domain.history import Sample as Point
from domain.identifiers import OntName, PonName
from domain.metrics.ont import ONT_LAST_CHANGE, ONT_RX_DBM
from domain.metrics.surroundings import AIR_TEMPERATURE_C, RAIN_MM
from domain.olt import OltTarget
from domain.principal import Principal, Right
from domain.reading import Reason
from domain.telemetry import DAY_S, PON_ROW, REASONS, Keys, Latest, Summary, TelemetryStore, Where, pack, unpack
from domain.trend import Trend, Unknown, Unmeasured
from storage.records import Records
from storage.trends import Page, ScanReport, TrendQuery

_log = structlog.get_logger(__name__)

LOOKS = 500
"""ONTs looked at closely in one scan (C): a few minutes. Those beyond are counted, and told."""
_LOOKS_AT_ONCE = 4
_FALLS = timedelta(days=7)
_US = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_WHY: Mapping[Reason, Unmeasured] = {
    Reason.NO_READING: Unmeasured.NO_READING,
    Reason.NOT_SUPPORTED: Unmeasured.NOT_SUPPORTED,
    Reason.OFFLINE: Unmeasured.OFFLINE,
    Reason.OUT_OF_RANGE: Unmeasured.IMPLAUSIBLE,
}


@dataclass(slots=True)
class _Found:
    """What a scan has gathered so far."""

    trends: list[Trend] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    pbo_of: dict[tuple[str, OntName], str] = field(default_factory=dict)
    looks: list[_Look] = field(default_factory=list)
    olts: int = 0
    onts: int = 0
    unlooked: int = 0


@dataclass(frozen=True, slots=True)
class _Look:
    """An ONT to look at closely; ``levels``: at its levels too, not its falls alone."""

    olt: str
    ont: OntName
    near: frozenset[OntName]
    optical_class: OpticalClass
    levels: bool


@dataclass(frozen=True, slots=True)
class _Plant:
    """What the inventory says of the ONTs of one OLT."""

    paths: Mapping[OntName, OutsidePlant]
    classes: Mapping[OntName, OpticalClass]
    of_port: Mapping[PonName, OpticalClass]

    def around(self, names: Sequence[OntName], t: Thresholds) -> Around:
        paths = [self.paths.get(name) for name in names]
        return Around.of(
            [None if path is None else path.pbo for path in paths],
            [path.splitters[-1] if path is not None and path.splitters else None for path in paths],
            [t.limits(self.class_of(name)) for name in names],
        )

    def class_of(self, ont: OntName) -> OpticalClass:
        """Its class: its own, else that of its port, else the usual one."""
        return self.classes.get(ont) or self.of_port.get(ont.pon_name, OpticalClass.B_PLUS)

    def near(self, ont: OntName) -> frozenset[OntName]:
        pbo = self.paths[ont].pbo if ont in self.paths else None
        return frozenset() if pbo is None else frozenset(n for n, path in self.paths.items() if path.pbo == pbo)


class TrendService:
    """Scans the telemetry of infrastructure operators, and answers about what it found."""

    def __init__(
        self, store: TelemetryStore, records: Records, history: LineHistory, clock: Clock, thresholds: Thresholds
    ) -> None:
        self._store = store
        self._records = records
        self._history = history
        self._clock = clock
        self._t = thresholds
        self._busy: set[str] = set()

    async def nightly(self) -> None:
        """Scan every infrastructure operator's network, one after the other."""
        for operator in await self._records.operators.list():
            if operator.is_infrastructure:
                await self._scan(Principal(operator.operator_id, "nightly", frozenset({Right.NOC})))

    async def scan(self, who: Principal) -> ScanReport:
        """Scan the asker's network now; raises `ConflictError` while a scan of it is running."""
        who.require(Right.NOC)
        if not (await self._records.operators.get(who.operator_id)).is_infrastructure:
            raise ForbiddenError("infrastructure")
        return await self._scan(who)

    async def page(self, who: Principal, query: TrendQuery, limit: int, offset: int) -> Page:
        """The list: an infrastructure operator's own network, or the ONTs of a commercial operator's accesses."""
        if (await self._records.operators.get(who.operator_id)).is_infrastructure:
            require_network(who)
            await self._known(who, query.olt)
            return await self._records.trends.page(who, query, limit, offset)
        who.require(Right.TEST)
        return await self._records.trends.page_of_accesses(who, query, limit, offset)

    async def unknown(self, who: Principal, olt: str | None, limit: int, offset: int) -> tuple[list[Unknown], int]:
        """What cannot be measured of the asker's network, and why."""
        require_network(who)
        await self._known(who, olt)
        return await self._records.trends.unknown(who, olt, limit, offset)

    async def last_scan(self, who: Principal) -> ScanReport | None:
        """When the asker's network was last scanned."""
        return await self._records.trends.last_scan(who)

    async def _known(self, who: Principal, olt: str | None) -> None:
        if olt is not None and olt not in {target.name for target in await self._records.olts.list(who)}:
            raise NotFoundError("olt", olt)

    async def _scan(self, who: Principal) -> ScanReport:
        if who.operator_id in self._busy:
            raise ConflictError("scan", who.operator_id, "it is running already")
        self._busy.add(who.operator_id)
        try:
            return await self._scan_alone(who)
        finally:
            self._busy.discard(who.operator_id)

    async def _scan_alone(self, who: Principal) -> ScanReport:
        began, now = time.perf_counter(), self._clock.now()
        targets = {target.name: target for target in await self._records.olts.list(who)}
        fleet = Where(who.operator_id)
        last = {one.olt: one for one in await self._store.latest(fleet, [ONT_RX_DBM]) if one.olt in targets}
        moving = await self._moving(fleet, now)
        found = _Found()
        async for summary in self._store.summaries(fleet, LEVELS, now - LOOK_BACK, now, DAY_S):
            if summary.olt in targets:
                empty = np.empty(0, np.int64)
                await self._olt(summary, last.pop(summary.olt, None), moving.get(summary.olt, empty), now, found)
        for olt in last.values():
            found.unknown += _silent(olt, np.empty(0, np.int64), now)
        await self._look_closer(found, targets, now)
        report = ScanReport(now, found.olts, found.onts, time.perf_counter() - began, found.unlooked)
        await self._records.trends.replace(who, found.trends, found.pbo_of, found.unknown, report)
        _log.info("trends scanned", operator=who.operator_id, olts=report.olts, onts=report.onts,
                  trends=len(found.trends), unknown=len(found.unknown), unlooked=report.unlooked,
                  elapsed_s=round(report.elapsed_s, 1))  # fmt: skip
        return report

    async def _moving(self, fleet: Where, now: datetime) -> dict[str, Keys]:
        """The ONTs whose state changes again and again, by OLT."""
        found: dict[str, Keys] = {}
        async for summary in self._store.summaries(fleet, [ONT_LAST_CHANGE], now - _FALLS, now, DAY_S):
            chosen = restless(summary.lows[ONT_LAST_CHANGE], summary.highs[ONT_LAST_CHANGE])
            if chosen.any():
                found[summary.olt] = summary.keys[chosen]
        return found

    async def _olt(self, summary: Summary, last: Latest | None, moving: Keys, now: datetime, found: _Found) -> None:
        olts = self._records.outside_plants
        classes = await olts.classes(summary.olt)
        of_port = {ont.pon_name: one for ont, one in classes.items()}
        plant = _Plant(await olts.of_olt(summary.olt), classes, of_port)
        trends, unknown, dips = await asyncio.to_thread(self._judge, summary, plant)
        own = (summary.keys & PON_ROW) != PON_ROW
        found.olts, found.onts = found.olts + 1, found.onts + int(own.sum())
        found.trends += trends
        found.unknown += _explained(unknown, last)
        if last is not None:
            found.unknown += _silent(last, summary.keys, now)
        looks = [unpack(int(key)) for key in np.union1d(moving, dips)]
        room = max(0, LOOKS - len(found.looks))
        deep = {unpack(int(key)) for key in dips}
        found.looks += [
            _Look(summary.olt, ont, plant.near(ont), plant.class_of(ont), ont in deep) for ont in looks[:room]
        ]
        found.unlooked += len(looks[room:])
        for ont in {*looks[:room], *(trend.ont for trend in trends if trend.ont is not None)}:
            path = plant.paths.get(ont)
            if path is not None and path.pbo is not None:
                found.pbo_of[summary.olt, ont] = path.pbo

    def _judge(self, summary: Summary, plant: _Plant) -> tuple[Sequence[Trend], Sequence[Unknown], Keys]:
        """Scan one OLT; in a thread."""
        first = int(summary.starts[0]) // (DAY_S * 1_000_000)
        days = days_of(summary.olt, first, summary.keys, summary.medians, self._t)
        names = [unpack(int(key)) for key in days.keys]
        result = scan(days, plant.around(names, self._t), self._t)
        onts = (summary.keys & PON_ROW) != PON_ROW
        dips = dipping(days.rx, summary.lows[ONT_RX_DBM][onts], self._t)
        return result.trends, result.unknown, days.keys[dips]

    async def _look_closer(self, found: _Found, targets: Mapping[str, OltTarget], now: datetime) -> None:
        """Read what is kept of the ONTs that need it."""
        weather: dict[str, Mapping[str, tuple[Point, ...]]] = {}
        for start in range(0, len(found.looks), _LOOKS_AT_ONCE):
            some = found.looks[start : start + _LOOKS_AT_ONCE]
            for olt in {look.olt for look in some if look.levels} - weather.keys():
                weather[olt] = await self._weather(targets[olt], now)
            pasts = await asyncio.gather(*(self._kept(look, targets[look.olt], now) for look in some))
            for look, past in zip(some, pasts, strict=True):
                history = replace(past, series={**past.series, **weather.get(look.olt, {})}) if look.levels else past
                found.trends += closer(look.olt, look.ont, history, now, look.optical_class, self._t)

    async def _kept(self, look: _Look, olt: OltTarget, now: datetime) -> History:
        if not look.levels:
            return History(drops=await self._history.falls(olt, look.ont, now))
        return (await self._history.of(olt, look.ont, now, look.near)).history

    async def _weather(self, olt: OltTarget, now: datetime) -> dict[str, tuple[Point, ...]]:
        """The weather at an OLT, where telemetry has it: kept under the OLT by whoever appends it."""
        found = {}
        for metric in (AIR_TEMPERATURE_C, RAIN_MM):
            steps = await self._store.downsampled(
                Where(olt.operator_id, olt.name), metric, now - LOOK_BACK, now, STEP_S
            )
            if steps:
                found[metric.key] = tuple(Point(start, round(mean, 2)) for start, _, mean, _, _ in steps)
        return found


def _explained(unknown: Sequence[Unknown], last: Latest | None) -> list[Unknown]:
    """What cannot be measured, with the reason of the last sample where no day has a value."""
    if last is None:
        return list(unknown)
    reason = dict(zip(last.keys.tolist(), last.reasons[ONT_RX_DBM].tolist(), strict=True))
    told = []
    for one in unknown:
        why = _why(reason.get(pack(one.ont), 0))
        told.append(one if one.days or why is None else Unknown(one.olt, one.ont, why, 0))
    return told


def _silent(last: Latest, measured: Keys, now: datetime) -> list[Unknown]:
    """ONTs polled of late of which no level was ever kept."""
    recent = last.at[ONT_RX_DBM] >= (now - LOOK_BACK - _EPOCH) // _US
    own = (last.keys & PON_ROW) != PON_ROW
    rows = np.flatnonzero(recent & own & ~np.isin(last.keys, measured))
    found = []
    for row in rows:
        why = _why(int(last.reasons[ONT_RX_DBM][row])) or Unmeasured.NOT_READ
        found.append(Unknown(last.olt, unpack(int(last.keys[row])), why, 0))
    return found


def _why(code: int) -> Unmeasured | None:
    reason = REASONS.get(code)
    return None if reason is None else _WHY.get(reason)
