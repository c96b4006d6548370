"""Periodic walks: each OLT at its own phase of the period, none waiting for another, none read twice at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import structlog

from collectors.cycle.batch import batches_of
from collectors.cycle.cadence import SLACK, elapsed
from collectors.cycle.columns import Cycle
from collectors.identities import carried, identities, identity_metrics, strangers, whole
from collectors.phases import first_walk, next_walk
from collectors.polled import Polled
from domain.clock import Clock
from domain.metric import Metric
from domain.metrics.olt import OLT_REACHABLE
from domain.olt import OltTarget, OltWalk, OntRow
from domain.ports import OltDriver, Sleeper, WalkStore
from domain.telemetry import Batch

_log = structlog.get_logger(__name__)

_FEW = 16  # C: ONTs that appeared, read one by one; more of them are walked
_ONE_S = 20.0  # C: for the identity of one of them

DriverLookup = Callable[[str], OltDriver]
"""The driver of a vendor's key."""

Targets = Callable[[], Awaitable[Sequence[OltTarget]]]
"""The OLTs to walk, as the inventory has them now."""


class TelemetrySink(Protocol):
    """Where batches go: a `domain.telemetry.TelemetryStore`, of which polling only appends."""

    async def append(self, batches: Sequence[Batch]) -> None:
        """Keep batches; returns once they are durable."""
        ...


class CycleReader(Protocol):
    """Reads a cycle by columns: `collectors.cycle.columns.ColumnCycle`."""

    def knows(self, vendor: str) -> bool:
        """Whether OLTs of that vendor can be read so."""
        ...

    def covers(self, vendor: str) -> frozenset[Metric[Any]]:
        """Metrics that a walk need not read where there are cycles."""
        ...

    async def read(self, target: OltTarget, timeout_s: float) -> Cycle:
        """One cycle of one OLT."""
        ...


class Holder(Protocol):
    """Keeps something an OLT: a session, what was learnt, what was counted."""

    def forget(self, olt: OltTarget) -> None:
        """Drop it: that OLT has left the inventory, or is reached in another way from now on."""
        ...


@dataclass(frozen=True, slots=True)
class Telemetry:
    """How polling fills the telemetry store.

    Attributes:
        sink: Where batches go, one each cycle. One that it refuses is counted; the walk is kept all the same.
        cycles: Reads by columns between two walks; ``None``: every cycle is a walk.
        walk_every: Time between two walks of an OLT that is read by columns: identities and boards come with walks
            only; levels and counters with cycles only, once there was one.
    """

    sink: TelemetrySink
    cycles: CycleReader | None = None
    walk_every: timedelta = timedelta(hours=1)  # C


IDENTIFY_EVERY = timedelta(hours=24)
"""C: time between two reads of all identities (the cadence ``static``), which provisioning alone changes."""


@dataclass(slots=True)
class PollCounters:
    """What polling did since the start.

    Attributes:
        kept: Walks kept.
        failed: Walks and cycles that brought nothing, or that could not be kept.
        partial: Walks and cycles kept with gaps.
        cycles: Cycles read by columns.
        rows: Rows (one an ONT or a PON port, and a cycle) that the telemetry store took.
        refused: Walks and cycles that it refused.
    """

    kept: int = 0
    failed: int = 0
    partial: int = 0
    cycles: int = 0
    rows: int = 0
    refused: int = 0


class PollingLoop:
    """Walks every OLT of the inventory once a period, by the clock in force.

    The inventory is read again once a period, and when told that it changed: new OLTs are taken up, absent ones are
    left. A walk without any answer is not kept: the last good one stays, with its age.

    Attributes:
        counters: What it did.
        olts: What it knows of each OLT, by name.
        on_inventory: Told of the OLTs each time that the inventory was read.
        on_polled: Told of an OLT each time that it was read, once its telemetry is kept, and whether it answered.
        on_left: Told of an OLT that is polled no more.
        holders: Who keeps something an OLT. They forget it as soon as the inventory has it no more as it was, and
            before `on_inventory` hears of what is there now.
        telemetry: Set before `run`, each cycle is appended to its store; with its ``cycles``, OLTs whose vendor can be
            read by columns are, between two walks.
        legacy: Agents that speak SNMPv1 only, by host and port: they are walked at every cycle.
        resting: Whether it is a quiet hour of an OLT: it is not asked then, and its silence says nothing of it.
    """

    def __init__(
        self,
        driver: DriverLookup,
        targets: Targets,
        store: WalkStore,
        clock: Clock,
        sleeper: Sleeper,
        period: timedelta = timedelta(minutes=5),
        timeout_s: float = 240.0,
    ) -> None:
        self._driver = driver
        self._targets = targets
        self._store = store
        self._clock = clock
        self._sleeper = sleeper
        self._period = period
        self._timeout_s = timeout_s
        self.telemetry: Telemetry | None = None
        self.legacy: Set[tuple[str, int]] = frozenset()
        self.resting: Callable[[OltTarget], bool] = lambda _target: False
        self.counters = PollCounters()
        self.olts: dict[str, Polled] = {}
        self.on_inventory: Callable[[Sequence[OltTarget]], Awaitable[None]] | None = None
        self.on_polled: Callable[[OltTarget, bool], None] | None = None
        self.on_left: Callable[[OltTarget], None] | None = None
        self.holders: tuple[Holder, ...] = ()
        self._tasks: dict[OltTarget, asyncio.Task[None]] = {}
        self._following = asyncio.Lock()
        self._store_works = True

    @property
    def targets(self) -> tuple[OltTarget, ...]:
        """The OLTs that are polled."""
        return tuple(self._tasks)

    async def run(self) -> None:
        """Walk until cancelled."""
        try:
            while True:
                await self.follow_inventory()
                await self._sleeper.until(self._clock.now() + self._period)
        finally:
            tasks = [*self._tasks.values()]
            self._tasks.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def declared(self, target: OltTarget) -> None:
        """Take up an OLT that was declared, or walk it again at once where it is polled already.

        The walk that is under way, if one is, will do.
        """
        if target not in self._tasks:
            await self.follow_inventory()
            return
        olt = self.of(target.name)
        before = olt.walked
        async with olt.alone:
            walked_meanwhile = olt.walked != before
        if not walked_meanwhile and not self.resting(target):
            await self.poll_once(target)

    def of(self, olt: str) -> Polled:
        """What is known of an OLT."""
        return self.olts.setdefault(olt, Polled())

    async def poll_once(self, target: OltTarget) -> OltWalk | None:
        """Walk one OLT now and keep it; ``None`` when nothing answered, or when walking or keeping failed."""
        async with self.of(target.name).alone:
            walk = await self._walk(target, anew=True)
        self._polled(target, answered=walk is not None)
        return walk

    def _polled(self, target: OltTarget, *, answered: bool) -> None:
        if self.on_polled is not None:
            self.on_polled(target, answered)

    async def _walk(self, target: OltTarget, *, anew: bool = False) -> OltWalk | None:
        """Walk an OLT; its identities too where they are due, or ``anew``."""
        why, olt = "no answer", self.of(target.name)
        try:
            walk, read = await (self._identify(target) if anew or self._unidentified(target) else self._follow(target))
            if walk.readings.value(OLT_REACHABLE) or walk.onts:
                await self._store.keep(target, walk)
                self.counters.kept += 1
                self.counters.partial += bool(walk.gaps)
                olt.walked = self._clock.now()
                olt.gaps = {gap.table: gap.reason for gap in walk.gaps}
                self._note(target, healthy=True, why="")
                if self.telemetry is not None:
                    await self._append(target, self.telemetry.sink, await batches_of(target, read))
                return walk
        except Exception as error:  # noqa: BLE001 - the boundary: one OLT's trouble stops neither its loop nor others
            why = f"{type(error).__name__}: {error}"
        self.counters.failed += 1
        self._note(target, healthy=False, why=why)
        return None

    async def cycle_once(self, target: OltTarget) -> bool:
        """One cycle of one OLT now: by columns where they may be and no walk is due, else a walk. False: it failed."""
        async with self.of(target.name).alone:
            cycles = self.telemetry.cycles if self.telemetry is not None else None
            old = (target.host, target.port) in self.legacy
            if cycles is None or old or not cycles.knows(target.vendor) or self._walk_due(target):
                answered = await self._walk(target) is not None
            else:
                answered = await self._cycle(target, cycles)
        self._polled(target, answered=answered)
        return answered

    async def _cycle(self, target: OltTarget, cycles: CycleReader) -> bool:
        why = "no answer"
        try:
            cycle = await cycles.read(target, self._timeout_s)
        except Exception as error:  # noqa: BLE001 - the boundary, as for a walk
            why, cycle = f"{type(error).__name__}: {error}", Cycle(None)
        if not cycle.batches:
            self.counters.failed += 1
            self._note(target, healthy=False, why=why)
            return False
        self.of(target.name).cycled = cycle.batches[0].at
        self.counters.cycles += 1
        self.counters.partial += bool(cycle.gaps)
        self._note(target, healthy=True, why="")
        if self.telemetry is not None:
            await self._append(target, self.telemetry.sink, cycle.batches)
        return True

    async def _identify(self, target: OltTarget) -> tuple[OltWalk, OltWalk]:
        """A walk that reads the identities as well: what is kept, and what was read now."""
        walk = await self._driver(target.vendor).walk(target, self._timeout_s, self._covered(target))
        if walk.onts and whole(walk, identity_metrics(target.vendor)):
            self.of(target.name).identified = self._clock.now()
        return walk, walk

    async def _follow(self, target: OltTarget) -> tuple[OltWalk, OltWalk]:
        """A walk that carries the identities over from the last one, and reads those of ONTs that have appeared.

        What is kept, and what was read now: telemetry takes nothing that was read before.
        """
        metrics = identity_metrics(target.vendor)
        last = await self._store.last(target)
        if last is None or not metrics:
            return await self._identify(target)
        driver, known = self._driver(target.vendor), identities(last.onts, metrics)
        walk = await driver.walk(target, self._timeout_s, self._covered(target) | metrics)
        new = strangers(walk, known)
        if len(new) > _FEW:
            return await self._identify(target)
        for name in new:
            outcome = await driver.read_ont(target, name, _ONE_S)
            known = known | identities([OntRow(name, outcome.readings)], metrics)
        return carried(walk, known), walk

    def _unidentified(self, target: OltTarget) -> bool:
        """Whether the identities are due."""
        return elapsed(self.of(target.name).identified, self._clock.now(), IDENTIFY_EVERY)

    def _covered(self, target: OltTarget) -> frozenset[Metric[Any]]:
        """What cycles of this OLT bring. Without one since the last walk was due, a walk reads it all."""
        cycled, telemetry = self.of(target.name).cycled, self.telemetry
        if telemetry is None or telemetry.cycles is None or cycled is None:
            return frozenset()
        lately = not elapsed(cycled, self._clock.now(), telemetry.walk_every + SLACK)
        return telemetry.cycles.covers(target.vendor) if lately else frozenset()

    def _walk_due(self, target: OltTarget) -> bool:
        last = self.of(target.name).walked
        return self.telemetry is None or elapsed(last, self._clock.now(), self.telemetry.walk_every)

    async def _append(self, target: OltTarget, sink: TelemetrySink, batches: Sequence[Batch]) -> None:
        """Hand batches to the telemetry store. Its trouble is logged once, and costs no walk."""
        try:
            for batch in batches:
                self.of(target.name).read(batch)
            if batches:
                await sink.append(batches)
        except Exception as error:  # noqa: BLE001 - the boundary: polling outlives a full disk
            self.counters.refused += 1
            if self._store_works:
                _log.warning("telemetry_not_kept", error=type(error).__name__, why=str(error))
            self._store_works = False
            return
        self.counters.rows += sum(len(batch.keys) for batch in batches)
        if not self._store_works:
            _log.info("telemetry_kept_again")
        self._store_works = True

    async def follow_inventory(self) -> None:
        """Take up the OLTs that are new in the inventory, leave those that are there no more."""
        async with self._following:  # what was read first is obeyed first
            try:
                found = await self._targets()
                wanted = set(found)
                names = {target.name for target in wanted}
                for target in self._tasks.keys() - wanted:
                    self._leave(target, stays=target.name in names)
                if self.on_inventory is not None:
                    await self.on_inventory(found)
            except Exception as error:  # noqa: BLE001 - the boundary: keep walking what was known
                _log.warning("polling_inventory_failed", error=type(error).__name__, why=str(error))
                return
            new = wanted - self._tasks.keys()
            for target in new:
                wait = first_walk(target.name, len(new), self._period)
                task = asyncio.create_task(self._walk_for_ever(target, wait), name=f"poll {target.name}")
                self._tasks[target] = task
                task.add_done_callback(partial(self._ended, target))

    def _ended(self, target: OltTarget, task: asyncio.Task[None]) -> None:
        """A task that died is taken up again with the next inventory; it is logged, for nothing should end it."""
        error = None if task.cancelled() else task.exception()
        if error is not None and self._tasks.get(target) is task:
            del self._tasks[target]
            _log.error("olt_polling_died", olt=target.name, error=type(error).__name__, why=str(error))

    def _leave(self, target: OltTarget, *, stays: bool) -> None:
        """Stop reading an OLT that left the inventory; one that ``stays`` is reached in another way from now on.

        Its lock stays with it: it is not read anew before what was under way has let go of it.
        """
        self._tasks.pop(target).cancel()
        if not stays:
            self.olts.pop(target.name, None)
            if self.on_left is not None:
                self.on_left(target)
        for holder in self.holders:
            holder.forget(target)

    async def _walk_for_ever(self, target: OltTarget, wait: timedelta) -> None:
        if wait:
            await self._sleeper.until(self._clock.now() + wait)
        if not self.resting(target):
            await self.poll_once(target)  # a new OLT has no walk yet
        while True:
            await self._sleeper.until(next_walk(target.name, self._clock.now(), self._period))
            if not self.resting(target):
                await self.cycle_once(target)

    def _note(self, target: OltTarget, *, healthy: bool, why: str) -> None:
        """Log changes of state, not each walk."""
        olt = self.of(target.name)
        if not healthy:
            olt.failed, olt.why = self._clock.now(), why
        if olt.healthy is healthy:
            return
        first, olt.healthy = olt.healthy is None, healthy
        if healthy and not first:
            _log.info("olt_walked_again", olt=target.name)
        elif not healthy:
            _log.warning("olt_not_walked", olt=target.name, why=why)
