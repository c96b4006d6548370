"""What boxes, RADIUS and OLTs announce, handed to who waits for it: the ear of téléactions.

Two stores are worn over the records': what they keep is told once it is kept.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from api.services.network_events import NetworkEvents, Numbered, Subscription
from domain.access import Access
from domain.box import Inform, KnownBox
from domain.box_actions import BoxEvent
from domain.clock import Clock
from domain.events import FALLS, RISES, EventObservation
from domain.identifiers import DeviceId
from domain.metric import Readings
from domain.ports import BoxStore, SessionStore
from domain.session import AccountingEvent, AccountingStatus, AuthEvent
from domain.teleaction_ports import Happening

NAS_CLOCK: Final = timedelta(seconds=5)
"""How late the clock of a NAS may be (C)."""
_BOOTS: Final = frozenset({"0 BOOTSTRAP", "1 BOOT"})
_STATUSES: Final = {
    AccountingStatus.START: Happening.SESSION_STARTED,
    AccountingStatus.STOP: Happening.SESSION_STOPPED,
}


@dataclass(slots=True, eq=False)
class HeardOfAccess:
    """What has been heard of one access; a `domain.teleaction_ports.Heard`."""

    so_far: list[tuple[Happening, datetime]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, what: Happening, at: datetime) -> None:
        """Note it and wake who waits."""
        self.so_far.append((what, at))
        self._news.set()

    async def first(self, of: frozenset[Happening], since: datetime) -> datetime:
        """When the first of these was heard from ``since`` on; waits for it, without end."""
        while True:
            self._news.clear()
            for what, at in self.so_far:
                if what in of and at >= since:
                    return at
            await self._news.wait()


class Ears:
    """Hands what is announced to who listens; a `domain.teleaction_ports.Ear`."""

    def __init__(self, events: NetworkEvents, clock: Clock) -> None:
        self._events = events
        self._clock = clock
        self._boxes: defaultdict[DeviceId, set[HeardOfAccess]] = defaultdict(set)
        self._sessions: defaultdict[str, set[HeardOfAccess]] = defaultdict(set)

    @contextmanager
    def listening(self, access: Access) -> Iterator[HeardOfAccess]:
        """Hear what concerns an access, within the block."""
        heard = HeardOfAccess()
        if access.box is not None:
            self._boxes[access.box].add(heard)
        if access.ppp_username is not None:
            self._sessions[access.ppp_username].add(heard)
        try:
            with self._network(access, heard):
                yield heard
        finally:
            if access.box is not None:
                _leave(self._boxes, access.box, heard)
            if access.ppp_username is not None:
                _leave(self._sessions, access.ppp_username, heard)

    @contextmanager
    def _network(self, access: Access, heard: HeardOfAccess) -> Iterator[None]:
        place = access.place
        if place is None:
            yield
            return
        with self._events.subscribe(lambda event: event.olt == place.olt and event.ont == place.ont) as events:
            task = asyncio.create_task(_hear_ont(events, heard))
            try:
                yield
            finally:
                task.cancel()

    def box(self, device: DeviceId, what: Happening, at: datetime) -> None:
        """A box announced something."""
        for heard in self._boxes.get(device, ()):
            heard.hear(what, at)

    def session(self, username: str, what: Happening, at: datetime) -> None:
        """RADIUS announced something of that instant: heard now, but where it is of before and learnt late."""
        now = self._clock.now()
        for heard in self._sessions.get(username, ()):
            heard.hear(what, min(at + NAS_CLOCK, now))


async def _hear_ont(events: Subscription, heard: HeardOfAccess) -> None:
    async for one in events:
        if isinstance(one, Numbered):
            event: EventObservation = one.event
            if event.kind in RISES:
                heard.hear(Happening.ONT_UP, event.at)
            elif event.kind in FALLS:
                heard.hear(Happening.ONT_DOWN, event.at)


def _leave(table: defaultdict[Any, set[HeardOfAccess]], key: object, heard: HeardOfAccess) -> None:
    table[key].discard(heard)
    if not table[key]:
        del table[key]


class HeardBoxes:
    """A box store that tells what it kept; a `domain.ports.BoxStore`."""

    def __init__(self, store: BoxStore, ears: Ears) -> None:
        self._store = store
        self._ears = ears

    async def find(self, device: DeviceId) -> KnownBox | None:
        """The box, when it belongs to an access."""
        return await self._store.find(device)

    async def informed(self, box: KnownBox, inform: Inform, readings: Readings) -> None:
        """Keep an Inform, and tell it."""
        await self._store.informed(box, inform, readings)
        if not _BOOTS.isdisjoint(inform.events):
            self._ears.box(box.device, Happening.BOX_BOOTED, inform.at)
        self._ears.box(box.device, Happening.BOX_INFORMED, inform.at)

    async def observed(self, box: KnownBox, readings: Readings) -> None:
        """Keep values read from the box."""
        await self._store.observed(box, readings)

    async def parked(self, inform: Inform) -> None:
        """Note a stranger."""
        await self._store.parked(inform)

    async def announced(self, box: KnownBox, events: Sequence[BoxEvent]) -> None:
        """Keep what a box announced."""
        await self._store.announced(box, events)

    async def events(self, box: KnownBox, since: datetime) -> Sequence[BoxEvent]:
        """What a box announced since then."""
        return await self._store.events(box, since)

    async def secured(self, box: KnownBox, generation: int | None, *, renew: bool) -> KnownBox | None:
        """Note that a box has proved its own secret."""
        return await self._store.secured(box, generation, renew=renew)

    async def opened(self, box: KnownBox, until: datetime | None) -> None:
        """Let a box come with a shared secret, or no more."""
        await self._store.opened(box, until)

    async def shared(self, box: KnownBox, mark: str, *, again: bool, another: bool) -> KnownBox | None:
        """Note with which shared secret a box came."""
        return await self._store.shared(box, mark, again=again, another=another)


class HeardSessions:
    """A session store that tells what it kept; a `domain.ports.SessionStore`."""

    def __init__(self, store: SessionStore, ears: Ears) -> None:
        self._store = store
        self._ears = ears

    async def accounted(self, events: Sequence[AccountingEvent]) -> None:
        """Keep accounting events, and tell those that open or close a session."""
        await self._store.accounted(events)
        for event in events:
            what = _STATUSES.get(event.status)
            if what is not None:
                self._ears.session(event.username, what, event.at)

    async def authenticated(self, events: Sequence[AuthEvent]) -> None:
        """Keep authentication events."""
        await self._store.authenticated(events)
