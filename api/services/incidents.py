"""Follows the collective incidents: woken by each polling cycle and by what the OLTs announce, never by a timer.

Only the OLTs that something was heard of are looked at, with those that share an incident or a power area with them.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import structlog

from api.clock import Time
from api.services.fleet import (
    METRICS,
    Block,
    Covered,
    block_of,
    covered,
    fleet_of,
    micros,
    records_of,
    with_alarms,
    with_events,
)
from api.services.incident_feed import IncidentFeed, Told
from api.services.incident_ports import Kept, Network, Push, Works
from api.services.network_events import Lost, NetworkEvents, Subscription
from diagnostics.incidents.fleet import UP
from diagnostics.incidents.follow import Run, advance
from diagnostics.thresholds import Thresholds
from domain.access import Access, OutsidePlant, Place
from domain.events import FALLS, RISES
from domain.identifiers import OntName
from domain.incident import Ancestor, KnownIncident
from domain.incidents import Incident, Kind
from domain.olt import OltTarget
from domain.telemetry import TelemetryStore, Where, pack

_log = structlog.get_logger(__name__)

_AGAIN = timedelta(seconds=5)  # C: before records that failed are asked again
_TOGETHER = 64  # C: OLTs looked at in one run, so that none waits long for its turn


@dataclass(slots=True)
class IncidentStats:
    """What following them came to since the start; ``open`` and ``down`` are of now.

    Attributes:
        open: Incidents that go on.
        down: ONTs that are down in them.
        runs: Looks at some OLTs.
        failed: Looks that failed: tried again at the next cycle.
        last_run_ms: How long the last one took.
    """

    open: int = 0
    down: int = 0
    opened: int = 0
    closed: int = 0
    merged: int = 0
    widened: int = 0
    split: int = 0
    lost: int = 0
    runs: int = 0
    failed: int = 0
    last_run_ms: float = 0.0


_COUNTED = {
    Kind.OPENED: "opened",
    Kind.CLOSED: "closed",
    Kind.MERGED: "merged",
    Kind.WIDENED: "widened",
    Kind.SPLIT: "split",
    Kind.LOST: "lost",
}


class IncidentWatch:
    """The incidents of every operator.

    Attributes:
        stats: What it came to.
        feed: Who is told.
    """

    def __init__(  # noqa: PLR0913 - the composition root passes each part by name
        self,
        *,
        network: Network,
        kept: Kept,
        works: Works,
        push: Push,
        store: TelemetryStore,
        events: NetworkEvents,
        thresholds: Thresholds,
        clock: Time,
    ) -> None:
        self._network = network
        self._kept = kept
        self._works = works
        self._push = push
        self._store = store
        self._events = events
        self._thresholds = thresholds
        self._clock = clock
        self._targets: dict[str, OltTarget] = {}
        self._silent: set[str] = set()
        self._gone: set[str] = set()
        self._stale: set[str] = set()  # OLTs whose records are read again
        self._dirty: dict[str, None] = {}
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._blocks: dict[str, Block] = {}
        self._open: dict[str, dict[str, Incident]] = {}
        self.feed = IncidentFeed()
        self.stats = IncidentStats()

    def polled(self, target: OltTarget, *, answered: bool) -> None:
        """An OLT was read, or did not answer."""
        self._targets[target.name] = target
        self._gone.discard(target.name)
        (self._silent.discard if answered else self._silent.add)(target.name)
        if answered:
            self._stale.add(target.name)
        self._wake(target.name)

    def removed(self, names: Iterable[str]) -> None:
        """OLTs left the inventory: what was known of them ends."""
        for name in names:
            self._blocks.pop(name, None)
            self._targets.pop(name, None)
            self._silent.discard(name)
            self._stale.discard(name)
            self._gone.add(name)
            self._wake(name)

    async def run(self) -> None:
        """Follow them until cancelled."""
        await self._remember()
        with self._events.subscribe(lambda event: event.kind in FALLS | RISES) as heard:
            hearing = asyncio.create_task(self._hear(heard))
            try:
                while True:
                    await self._news.wait()
                    self._news.clear()
                    while self._dirty:
                        await self._look()
                    self._idle.set()
            finally:
                hearing.cancel()
                await asyncio.wait([hearing])

    async def _remember(self) -> None:
        """Take up what was open before the start; without it, what goes on would be opened a second time."""
        while True:
            try:
                for operator in await self._kept.operators():
                    self._open[operator] = {one.number: one for one in await self._kept.open(operator)}
            except Exception as error:  # noqa: BLE001 - the boundary: the records will answer again
                _log.warning("incidents_not_remembered", error=type(error).__name__, why=str(error))
                await self._clock.until(self._clock.now() + _AGAIN)
            else:
                self._count()
                return

    async def caught_up(self) -> None:
        """Return when everything that was heard of so far has been looked at."""
        if self._dirty or self._news.is_set():
            self._idle.clear()
        await self._idle.wait()

    def of(self, place: Place, outside: OutsidePlant) -> KnownIncident | None:
        """The open incident that covers an access: it took its ONT, or its ONT hangs from what broke."""
        ont = pack(place.ont)
        found = [
            one
            for several in self._open.values()
            for one in several.values()
            if one.covers(place.olt, ont) or (place.olt in one.members and _hangs(one, place, outside))
        ]
        widest = max(found, key=lambda one: (one.accesses, one.number), default=None)
        return None if widest is None else widest.known()

    async def explains(self, access: Access) -> str | None:
        """Number of the incident that explains the fault of an access; ``None`` where its ONT is known to be up."""
        known = await self.touching(access)
        return None if known is None else known.number

    async def touching(self, access: Access) -> KnownIncident | None:
        """The open incident that touches an access; ``None`` where its ONT is known to be up."""
        if access.place is None or self._up(access.place):
            return None
        return self.of(access.place, access.outside)

    def _up(self, place: Place) -> bool:
        """Whether the ONT is known to be up, by what the last look saw."""
        block, key = self._blocks.get(place.olt), pack(place.ont)
        if block is None or place.olt in self._silent:
            return False
        row = int(np.searchsorted(block.keys, key))
        return row < len(block.keys) and int(block.keys[row]) == key and int(block.state[row]) == UP

    def current(self, number: str) -> Incident | None:
        """An incident that goes on, as it is now."""
        return next((several[number] for several in self._open.values() if number in several), None)

    def open(self, operators: Iterable[str]) -> list[Incident]:
        """Those that go on, of these operators."""
        return [one for operator in operators for one in self._open.get(operator, {}).values()]

    async def _hear(self, heard: Subscription) -> None:
        async for item in heard:
            if not isinstance(item, Lost):
                self._wake(item.event.olt)

    def _wake(self, olt: str) -> None:
        self._dirty[olt] = None
        self._idle.clear()
        self._news.set()

    async def _look(self) -> None:
        """One look at the OLTs that something was heard of."""
        names = list(self._dirty)[:_TOGETHER]
        for name in names:
            del self._dirty[name]
        began = time.perf_counter()
        owners: dict[str, set[str]] = defaultdict(set)
        for name in names:
            for operator in self._owners(name):
                owners[operator].add(name)
        for operator, olts in owners.items():
            try:
                await self._look_at(operator, olts)
            except Exception as error:  # noqa: BLE001 - the boundary: the next cycle looks again
                self.stats.failed += 1
                _log.warning("incidents_not_followed", error=type(error).__name__, why=str(error))
        self.stats.runs += 1
        self.stats.last_run_ms = (time.perf_counter() - began) * 1e3

    def _owners(self, olt: str) -> set[str]:
        target = self._targets.get(olt)
        if target is not None:
            return {target.operator_id}
        return {operator for operator, known in self._open.items() if any(olt in one.members for one in known.values())}

    async def _look_at(self, operator: str, olts: set[str]) -> None:
        known = self._open.setdefault(operator, {})
        for name in olts:
            await self._refresh(name)
        wanted = self._with_linked(olts, known.values())
        for name in wanted - olts:
            if name not in self._blocks:
                await self._refresh(name)
        blocks = [self._blocks[name] for name in sorted(wanted) if name in self._blocks]
        seen = {block.olt for block in blocks} | self._gone
        touched = [o for o in known.values() if not wanted.isdisjoint(o.members) and o.members.keys() <= seen]
        if not blocks and not touched:
            return
        works = await self._covered(blocks)
        fleet = (blocks, micros(self._clock.now()), self._silent & wanted, works)
        run = await asyncio.to_thread(lambda: advance(touched, fleet_of(*fleet), self._thresholds))
        numbers = {change.number for change in run.changes}
        changed = [one for one in run.incidents if one.number in numbers]
        wider = (one for one in changed if one.closed_at is not None or _spread(known.get(one.number), one))
        news = await self._push.news(operator, changed, run.changes, frozenset(one.number for one in wider))
        await self._kept.keep(operator, changed, run.changes, news)
        self._settle(operator, run)

    async def _covered(self, blocks: Sequence[Block]) -> Covered:
        """What planned works cover of these OLTs."""
        works = await self._works.on_olts([block.olt for block in blocks], self._clock.now())
        under: dict[str, dict[str, frozenset[OntName]]] = defaultdict(dict)
        for work in works:
            if work.olt is not None and work.pm is not None:
                under[work.olt][work.pm] = await self._network.under_pm(work.olt, work.pm)
        touched = {work.olt for work in works}
        return {block.olt: covered(block, works, under[block.olt]) for block in blocks if block.olt in touched}

    def _settle(self, operator: str, run: Run) -> None:
        known = self._open[operator]
        going = {one.number for one in run.open}
        for one in run.incidents:
            known.pop(one.number, None)
            if one.number in going:
                known[one.number] = one
        self._count()
        of = {one.number: one for one in run.incidents}
        for change in run.changes:
            counter = _COUNTED.get(change.kind)
            if counter is not None:
                setattr(self.stats, counter, getattr(self.stats, counter) + 1)
            _log.info("incident", number=change.number, what=change.kind, place=change.place, accesses=change.accesses)
            self.feed.tell(Told(operator, change, of[change.number]))

    def _count(self) -> None:
        going = [one for several in self._open.values() for one in several.values()]
        self.stats.open, self.stats.down = len(going), sum(one.down for one in going)

    def _with_linked(self, olts: set[str], known: Iterable[Incident]) -> set[str]:
        """The OLTs of the incidents that touch these, and those that share a power area with them."""
        wanted = set(olts)
        for one in known:
            if not wanted.isdisjoint(one.members):
                wanted |= one.members.keys()
        areas = frozenset[str]().union(*(self._blocks[name].areas for name in olts if name in self._blocks))
        return wanted | {name for name, block in self._blocks.items() if areas and areas & block.areas}

    async def _refresh(self, olt: str) -> None:
        """Read an OLT's latest state, and its records where they may have changed."""
        target = self._targets.get(olt)
        if target is None:
            return
        before = self._blocks.get(olt)
        if before is None or olt in self._stale:
            self._stale.discard(olt)
            records = records_of(await self._network.ancestors_of(olt))
        else:
            records = before.records
        found = await self._store.latest(Where(target.operator_id, olt), METRICS)
        if not found:
            return
        now = self._clock.now()
        age_s = self._thresholds.stored_max_age_s
        block = block_of(found[0], records, micros(now), age_s, before)
        block = with_alarms(block, await self._network.last_walk(target))
        self._blocks[olt] = with_events(block, self._events.recent(olt, since=now - timedelta(seconds=age_s)))


def _spread(before: Incident | None, now: Incident) -> bool:
    """Whether an incident may touch somebody whom it did not touch before."""
    return before is None or before.accesses != now.accesses


def _hangs(one: Incident, place: Place, outside: OutsidePlant) -> bool:
    """Whether an access hangs from what broke, by the records."""
    ont = place.ont
    mine: Mapping[Ancestor, str | None] = {
        Ancestor.PBO: outside.pbo,
        Ancestor.STREET: outside.street,
        Ancestor.SPLITTER: outside.splitters[-1] if outside.splitters else None,
        Ancestor.PON: str(ont.pon_name),
        Ancestor.CARD: f"{ont.rack}-{ont.shelf}-{ont.slot}",
        Ancestor.OLT: place.olt,
        Ancestor.AREA: outside.power_area,
    }
    return mine.get(one.ancestor) == one.place
