"""One line test: read everything at once under one deadline, and put it in one snapshot.

A source that fails leaves its reason; the test ends all the same. Nothing here polls or waits on a timer where an
event can wake it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from api.services.neighbours import neighbours_of, nothing_known
from domain.access import Access, OutsidePlant, Place, TestName
from domain.box import KnownBox
from domain.clock import Clock
from domain.errors import NotFoundError
from domain.identifiers import OntName
from domain.metric import Readings
from domain.olt import OltTarget, OltWalk
from domain.ports import BoxGateway, OltDriver, ReadOutcome
from domain.reading import Quality, Reason
from domain.snapshot import Neighbours, Outcome, Snapshot, SourceKind, SourceReport

_log = structlog.get_logger(__name__)

OnSource = Callable[[SourceReport], None]


class Network(Protocol):
    """The infrastructure operator's records that a test needs."""

    async def olt(self, name: str) -> OltTarget:
        """How to reach an OLT."""
        ...

    async def outside_of(self, olt: str, ont: OntName) -> Mapping[OntName, OutsidePlant]:
        """Outside-plant records of every ONT of the PON of ``ont``."""
        ...

    async def last_walk(self, olt: OltTarget) -> OltWalk | None:
        """The last walk kept of an OLT."""
        ...


class BoxRecords(Protocol):
    """Where the last values of boxes are kept."""

    async def of_access(self, access: Access) -> KnownBox | None:
        """The box of an access, with its last values."""
        ...


class SessionRecords(Protocol):
    """Where RADIUS events are kept."""

    async def last(self, access: Access) -> Readings:
        """The last known session and authentication of an access."""
        ...


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a test may take, in seconds of the monotonic clock."""

    test_s: float
    box_s: float


@dataclass(slots=True)
class _Gathered:
    readings: Readings
    reports: list[SourceReport]
    neighbours: Neighbours


class LineTest:
    """Builds the snapshot of one access."""

    def __init__(
        self,
        *,
        network: Network,
        driver: Callable[[str], OltDriver],
        boxes: BoxRecords,
        gateway: BoxGateway,
        sessions: SessionRecords,
        clock: Clock,
        deadlines: Deadlines,
    ) -> None:
        self._network = network
        self._driver = driver
        self._boxes = boxes
        self._gateway = gateway
        self._sessions = sessions
        self._clock = clock
        self._deadlines = deadlines

    async def snapshot(self, access: Access, test: TestName, on_source: OnSource) -> Snapshot:
        """Read what the test needs, in parallel, and return what came by the deadline."""
        gathered = _Gathered(Readings(), [], nothing_known(Reason.NOT_READ))
        work: dict[SourceKind, Awaitable[None]] = {}
        if test.reads_network and access.place is not None:
            await self._plan_network(access.place, gathered, work, on_source)
        if test.reads_box:
            work[SourceKind.BOX] = self._box(access, gathered, on_source)
        if access.ppp_username is not None:
            work[SourceKind.SESSION] = self._session(access, gathered, on_source)
        await self._run(work, gathered, on_source)
        return Snapshot(
            id1=access.id1,
            test=test,
            at=self._clock.now(),
            place=access.place,
            outside=access.outside,
            optical_class=access.optical_class,
            readings=gathered.readings,
            neighbours=gathered.neighbours,
            sources=tuple(sorted(gathered.reports, key=lambda report: report.kind)),
        )

    async def _run(self, work: Mapping[SourceKind, Awaitable[None]], gathered: _Gathered, on_source: OnSource) -> None:
        tasks = {asyncio.ensure_future(job): kind for kind, job in work.items()}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=self._deadlines.test_s)
        for task in late:
            task.cancel()
        await asyncio.wait(tasks)
        for task, kind in tasks.items():
            error = None if task.cancelled() else task.exception()
            if error is not None:
                _log.error("source failed", source=kind, error=type(error).__name__, exc_info=error)
            if task in late or error is not None:
                reason = Reason.TIMEOUT if error is None else Reason.ERROR
                if kind is SourceKind.NEIGHBOURS:
                    gathered.neighbours = nothing_known(reason)
                _report(gathered, SourceReport(kind, Outcome.FAILED, reason, self._deadlines.test_s * 1e3), on_source)

    async def _plan_network(
        self, place: Place, gathered: _Gathered, work: dict[SourceKind, Awaitable[None]], on_source: OnSource
    ) -> None:
        try:
            olt = await self._network.olt(place.olt)
        except NotFoundError:
            _report(gathered, SourceReport(SourceKind.OLT_SNMP, Outcome.FAILED, Reason.NEVER_SEEN), on_source)
            return
        work[SourceKind.OLT_SNMP] = self._ont(olt, place.ont, gathered, on_source)
        work[SourceKind.NEIGHBOURS] = self._neighbours(olt, place.ont, gathered, on_source)

    async def _ont(self, olt: OltTarget, ont: OntName, gathered: _Gathered, on_source: OnSource) -> None:
        outcome = await self._driver(olt.vendor).read_ont(olt, ont, self._deadlines.test_s * 0.9)
        self._take(outcome, gathered, on_source)

    async def _neighbours(self, olt: OltTarget, ont: OntName, gathered: _Gathered, on_source: OnSource) -> None:
        began = time.perf_counter()
        outside, walk = await asyncio.gather(
            self._network.outside_of(olt.name, ont),
            self._driver(olt.vendor).read_pon(olt, ont, self._deadlines.test_s * 0.8),
        )
        found = neighbours_of(ont, walk, outside, Quality.LIVE)
        outcome, reason = (Outcome.PARTIAL, walk.gaps[0].reason) if walk.gaps else (Outcome.OK, None)
        if not found.onts and walk.gaps:
            outcome = Outcome.FAILED
            stored = await self._network.last_walk(olt)
            if stored is not None:
                found = neighbours_of(ont, stored, outside, Quality.STORED)
        gathered.neighbours = found
        elapsed = (time.perf_counter() - began) * 1e3
        _report(gathered, SourceReport(SourceKind.NEIGHBOURS, outcome, reason, elapsed), on_source)

    async def _box(self, access: Access, gathered: _Gathered, on_source: OnSource) -> None:
        if access.box is None:
            _report(gathered, SourceReport(SourceKind.BOX, Outcome.SKIPPED, Reason.NOT_SUPPORTED), on_source)
            return
        box = await self._boxes.of_access(access)
        if box is None:
            _report(gathered, SourceReport(SourceKind.BOX, Outcome.FAILED, Reason.NEVER_SEEN), on_source)
            return
        gathered.readings = box.readings.merged(gathered.readings)
        self._take(await self._gateway.read(box, self._deadlines.box_s), gathered, on_source)

    async def _session(self, access: Access, gathered: _Gathered, on_source: OnSource) -> None:
        began = time.perf_counter()
        readings = await self._sessions.last(access)
        gathered.readings = gathered.readings.merged(readings)
        elapsed = (time.perf_counter() - began) * 1e3
        known = any(readings[m].known for m in readings)
        reason = None if known else Reason.NEVER_SEEN
        report = SourceReport(SourceKind.SESSION, Outcome.OK if known else Outcome.PARTIAL, reason, elapsed)
        _report(gathered, report, on_source)

    @staticmethod
    def _take(outcome: ReadOutcome, gathered: _Gathered, on_source: OnSource) -> None:
        gathered.readings = gathered.readings.merged(outcome.readings)
        for report in outcome.sources:
            _report(gathered, report, on_source)


def _report(gathered: _Gathered, report: SourceReport, on_source: OnSource) -> None:
    gathered.reports.append(report)
    on_source(report)
