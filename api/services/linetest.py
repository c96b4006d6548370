"""One line test: read everything at once under one deadline, and put it in one snapshot.

A source that fails leaves its reason; the test ends all the same. Nothing here polls or waits on a timer where an
event can wake it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from api.services.announced import bearing_on, neighbours_announced, with_announced
from api.services.history import LineHistory, Past
from api.services.line_sources import Deadlines, Incidents, Platform, Sources
from api.services.neighbours import neighbours_of, nothing_known
from api.services.network_events import NetworkEvents, Subscription
from api.services.rates import with_rates
from domain.access import Access, Place, TestName
from domain.box import KnownBox
from domain.clock import Clock
from domain.errors import NotFoundError
from domain.events import FALLS, EventObservation
from domain.identifiers import OntName
from domain.metric import Readings
from domain.metrics.box import BOX_INFORM_INTERVAL_S, BOX_LAST_INFORM
from domain.metrics.box_tables import TABLES
from domain.metrics.context import PLANNED_WORKS
from domain.metrics.ont import ONT_OPER, UNI_OPER
from domain.olt import OltTarget
from domain.ports import ReadOutcome
from domain.reading import Quality, Reason, Source, Via, known
from domain.snapshot import Outcome, Snapshot, SourceKind, SourceReport
from domain.states import Oper

_log = structlog.get_logger(__name__)

_LOOK_BACK = timedelta(hours=24)  # C: what was announced before has been read since, or is no longer so
_FLOW_S = 1.5  # C: a connection that opens takes a round trip; three SYNs fit

OnSource = Callable[[SourceReport], None]


class LineTest:
    """Builds the snapshot of one access.

    Args:
        sources: Where a test reads.
        clock: The clock in force.
        deadlines: How long a test may take.
        events: What the network announces by itself, before a test and while it runs.
        incidents: What is known of collective incidents.
    """

    def __init__(
        self,
        sources: Sources,
        clock: Clock,
        deadlines: Deadlines,
        events: NetworkEvents | None = None,
        incidents: Incidents | None = None,
    ) -> None:
        self._sources = sources
        self._clock = clock
        self._deadlines = deadlines
        self._events = events
        self._incidents = incidents

    async def snapshot(self, access: Access, test: TestName, on_source: OnSource) -> Snapshot:
        """Read what the test needs, in parallel, and return what came by the deadline."""
        run = _Run(access, test, self._sources, self._clock, self._deadlines, on_source)
        place = access.place if test.reads_network else None
        snapshot = await self._read(run, place)
        if self._incidents is None or place is None:
            return snapshot
        return replace(snapshot, incident=self._incidents.of(place, access.outside))

    async def _read(self, run: _Run, place: Place | None) -> Snapshot:
        if self._events is None or place is None:
            return await run.snapshot()
        async with run.hearing(self._events, place):
            snapshot = await run.snapshot()
        since = (snapshot.began_at or snapshot.at) - _LOOK_BACK
        return _announced(snapshot, place, self._events.recent(place.olt, since=since))


def _announced(snapshot: Snapshot, place: Place, events: tuple[EventObservation, ...]) -> Snapshot:
    """A snapshot brought up to what the OLT announced before and while it was taken."""
    began_at = snapshot.began_at or snapshot.at
    return replace(
        snapshot,
        readings=with_announced(snapshot.readings, place.ont, events, began_at),
        neighbours=neighbours_announced(snapshot.neighbours, events, began_at),
        events=bearing_on(place.ont, events),
    )


class _Run:
    """One test under way: what has been gathered so far."""

    def __init__(
        self,
        access: Access,
        test: TestName,
        sources: Sources,
        clock: Clock,
        deadlines: Deadlines,
        on_source: OnSource,
    ) -> None:
        self._access = access
        self._test = test
        self._from = sources
        self._clock = clock
        self._deadlines = deadlines
        self._on_source = on_source
        self._readings = Readings()
        self._neighbours = nothing_known(Reason.NOT_READ)
        self._past = Past()
        self._reference = Readings()
        self._reports: list[SourceReport] = []
        self._cut_off = asyncio.Event()
        self._session_read = asyncio.Event()
        self._ends = time.monotonic() + deadlines.test_s

    @asynccontextmanager
    async def hearing(self, events: NetworkEvents, place: Place) -> AsyncIterator[None]:
        """Hear at once, within the block, that the ONT or its port has fallen."""

        def falls(event: EventObservation) -> bool:
            mine = event.ont == place.ont or (event.ont is None and event.pon == place.ont.pon_name)
            return event.olt == place.olt and mine and event.kind in FALLS

        with events.subscribe(falls) as heard:
            task = asyncio.create_task(self._hear(heard))
            try:
                yield
            finally:
                task.cancel()
                await asyncio.wait([task])

    async def _hear(self, heard: Subscription) -> None:
        async for _ in heard:
            self._cut_off.set()

    async def snapshot(self) -> Snapshot:
        began_at = self._clock.now()
        self._ends = time.monotonic() + self._deadlines.test_s
        await self._planned(began_at)
        await self._wait(await self._plan())
        if self._from.platform is not None:
            self._readings = self._readings.merged(self._from.platform.own_resolvers(self._readings))
        past, known = self._past, self._neighbours
        return Snapshot(
            id1=self._access.id1,
            test=self._test,
            at=self._clock.now(),
            place=self._access.place,
            outside=self._access.outside,
            optical_class=self._access.optical_class,
            readings=with_rates(past.references.merged(self._reference, self._readings), past.earlier),
            neighbours=replace(known, onts=tuple(replace(n, rx_delta_db=past.deltas.get(n.ont)) for n in known.onts)),
            sources=tuple(sorted(self._reports, key=lambda report: report.kind)),
            began_at=began_at,
            history=past.history,
        )

    async def _planned(self, at: datetime) -> None:
        """Whether works cover the access; where nobody tells of works it stays unknown."""
        if self._from.works is None or not self._test.reads_network:
            return
        covered = bool(await self._from.works.covering(self._access, at))
        told = known(covered, at, Source(Via.INVENTORY, "planned works"), Quality.STORED)
        self._readings = self._readings.merged(Readings({PLANNED_WORKS: told}))

    async def _plan(self) -> Mapping[SourceKind, Coroutine[Any, Any, None]]:
        work: dict[SourceKind, Coroutine[Any, Any, None]] = {}
        place = self._access.place
        if self._test.reads_network and place is not None:
            try:
                olt = await self._from.network.olt(place.olt)
            except NotFoundError:
                self._report(SourceReport(SourceKind.OLT_SNMP, Outcome.FAILED, Reason.NEVER_SEEN))
            else:
                work[SourceKind.OLT_SNMP] = self._ont(olt, place.ont)
                work[SourceKind.NEIGHBOURS] = self._pon(olt, place.ont)
                if self._from.history is not None:
                    work[SourceKind.HISTORY] = self._remember(self._from.history, olt, place.ont)
        if self._test.reads_box:
            work[SourceKind.BOX] = self._box()
        if self._access.ppp_username is not None:
            work[SourceKind.SESSION] = self._session()
        platform = self._from.platform
        if self._test.reads_box and platform is not None:
            work[SourceKind.PLATFORM] = self._internet(platform)
        return work

    async def _wait(self, work: Mapping[SourceKind, Coroutine[Any, Any, None]]) -> None:
        tasks = {asyncio.create_task(job): kind for kind, job in work.items()}
        if not tasks:
            return
        try:
            _, late = await asyncio.wait(tasks, timeout=self._deadlines.test_s)
        finally:  # at the deadline, and when the test itself is stopped: no read outlives its test
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task, kind in tasks.items():
            error = None if task.cancelled() else task.exception()
            if error is not None:
                _log.error("source failed", source=kind, error=type(error).__name__, exc_info=error)
            if task in late or error is not None:
                reason = Reason.TIMEOUT if error is None else Reason.ERROR
                if kind is SourceKind.NEIGHBOURS:
                    self._neighbours = nothing_known(reason)
                self._report(SourceReport(kind, Outcome.FAILED, reason, self._deadlines.test_s * 1e3))

    async def _ont(self, olt: OltTarget, ont: OntName) -> None:
        outcome = await self._from.driver(olt.vendor).read_ont(olt, ont, self._deadlines.test_s * 0.9)
        self._take(outcome)
        if Oper.DOWN in (outcome.readings.value(ONT_OPER), outcome.readings.value(UNI_OPER)):
            self._cut_off.set()

    async def _pon(self, olt: OltTarget, ont: OntName) -> None:
        began = time.perf_counter()
        outside, walk = await asyncio.gather(
            self._from.network.outside_of(olt.name, ont),
            self._from.driver(olt.vendor).read_pon(olt, ont, self._deadlines.test_s * 0.8),
        )
        found = neighbours_of(ont, walk, outside, Quality.LIVE)
        outcome, reason = (Outcome.PARTIAL, walk.gaps[0].reason) if walk.gaps else (Outcome.OK, None)
        if not found.onts and walk.gaps:
            outcome = Outcome.FAILED
            stored = await self._from.network.last_walk(olt)
            if stored is not None:
                found = neighbours_of(ont, stored, outside, Quality.STORED)
        self._neighbours = found
        self._report(SourceReport(SourceKind.NEIGHBOURS, outcome, reason, _since(began)))

    async def _remember(self, history: LineHistory, olt: OltTarget, ont: OntName) -> None:
        began, pbo = time.perf_counter(), self._access.outside.pbo
        if self._from.references is not None:
            measure = await self._from.references.last(self._access.operator_id, self._access.id1)
            self._reference = Readings() if measure is None else measure.readings()
        outside = await self._from.network.outside_of(olt.name, ont)
        near = frozenset(name for name, plant in outside.items() if plant.pbo is not None and plant.pbo == pbo)
        self._past = await history.of(olt, ont, self._clock.now(), near)
        outcome, reason = (Outcome.PARTIAL, Reason.NEVER_SEEN) if self._past.empty else (Outcome.OK, None)
        self._report(SourceReport(SourceKind.HISTORY, outcome, reason, _since(began)))

    async def _box(self) -> None:
        box = await self._from.boxes.of_access(self._access)
        if box is None:
            reason = Reason.NOT_SUPPORTED if self._access.box is None else Reason.NEVER_SEEN
            self._report(SourceReport(SourceKind.BOX, Outcome.SKIPPED, reason))
            return
        self._readings = _without_tables(box.readings).merged(self._readings)
        began = time.perf_counter()
        reading = asyncio.create_task(self._from.gateway.read(box, self._patience(box)))
        try:
            outcome = await self._unless_cut_off(reading)
        finally:
            reading.cancel()
        if outcome is not None:
            self._take(outcome)
            await self._check(box)
        else:
            self._report(SourceReport(SourceKind.BOX, Outcome.SKIPPED, Reason.OFFLINE, _since(began), 1))

    async def _check(self, box: KnownBox) -> None:
        """Have the box try the Internet by itself, in the time that is left."""
        checks, left_s = self._from.checks, self._ends - time.monotonic()
        if checks is None or self._test is not TestName.GLOBAL or self._cut_off.is_set():
            return
        if checks.worth(self._readings, left_s):
            found = await checks.run(box, self._clock.now(), left_s * 0.9)
            self._readings = self._readings.merged(found)

    async def _unless_cut_off(self, reading: asyncio.Task[ReadOutcome]) -> ReadOutcome | None:
        """The outcome; ``None`` when the OLT says that the box is cut off and it does not answer all the same."""
        cut_off = asyncio.create_task(self._cut_off.wait())
        try:
            await asyncio.wait({reading, cut_off}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                await asyncio.wait({reading}, timeout=self._deadlines.cut_off_box_s)
        finally:
            cut_off.cancel()
        return reading.result() if reading.done() else None

    def _patience(self, box: KnownBox) -> float:
        """How long to wait for the box: less when its Informs have stopped."""
        last, interval = box.readings.value(BOX_LAST_INFORM), box.readings.value(BOX_INFORM_INTERVAL_S)
        if last is not None and interval is not None and (self._clock.now() - last).total_seconds() > 2 * interval:
            return self._deadlines.silent_box_s
        return self._deadlines.box_s

    async def _internet(self, platform: Platform) -> None:
        """The platform behind the access; with its session known, the flows through it."""
        began = time.perf_counter()
        told = await platform.around(self._access)  # awaited apart: others write readings meanwhile
        self._readings = self._readings.merged(told)
        if self._test is TestName.GLOBAL and self._access.ppp_username is not None:
            await self._session_read.wait()
            left_s = self._ends - time.monotonic()
            flows = await platform.flows(self._readings, min(_FLOW_S, left_s * 0.8))
            self._readings = self._readings.merged(flows)
        outcome, reason = (Outcome.OK, None) if platform.watches else (Outcome.PARTIAL, Reason.NOT_READ)
        self._report(SourceReport(SourceKind.PLATFORM, outcome, reason, _since(began)))

    async def _session(self) -> None:
        began = time.perf_counter()
        try:
            readings = await self._from.sessions.last(self._access)
            self._readings = self._readings.merged(readings)
        finally:
            self._session_read.set()
        known = any(readings[m].known for m in readings)
        outcome, reason = (Outcome.OK, None) if known else (Outcome.PARTIAL, Reason.NEVER_SEEN)
        self._report(SourceReport(SourceKind.SESSION, outcome, reason, _since(began)))

    def _take(self, outcome: ReadOutcome) -> None:
        self._readings = self._readings.merged(_without_tables(outcome.readings))
        for report in outcome.sources:
            self._report(report)

    def _report(self, report: SourceReport) -> None:
        self._reports.append(report)
        self._on_source(report)


def _without_tables(readings: Readings) -> Readings:
    """The readings that a diagnosis keeps: tables name devices of the customer."""
    return Readings({metric: reading for metric, reading in readings.values.items() if metric not in TABLES})


def _since(began: float) -> float:
    """Milliseconds since an instant of the monotonic clock."""
    return (time.perf_counter() - began) * 1e3
