"""What the network announces by itself: kept for a while, listed for the NOC, followed as it comes.

Nothing survives a restart: what was announced before is read again by the polling cycle, as states.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.errors import NotFoundError
from domain.events import EventObservation
from domain.identifiers import PonName
from domain.olt import OltTarget
from domain.principal import Principal, Right

_KEPT = 4_096  # C: events of one OLT: a board that dies says so for 2,000 rows, and comes back
_OLTS = 20_000  # C: OLTs remembered at most: the largest fleet that is simulated
_WAITING = 1_024  # C: events that a slow reader may be late


class OltRecords(Protocol):
    """Who owns which OLT."""

    async def list(self, who: Principal) -> Sequence[OltTarget]:
        """The OLTs of the principal's operator."""
        ...


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event as kept.

    Attributes:
        number: Its rank since the start of the service, from 1.
        event: The event.
    """

    number: int
    event: EventObservation


@dataclass(frozen=True, slots=True)
class Lost:
    """What a reader is told in the place of events that it will not see.

    Attributes:
        count: How many; ``None`` when that is not known: the service has been started again in between.
    """

    count: int | None


Wanted = Callable[[EventObservation], bool]


class Subscription:
    """The events of one reader, as an endless iterator. Late, it loses the oldest and is told so before the next."""

    def __init__(self, wanted: Wanted, waiting: int) -> None:
        self._wanted = wanted
        self._queue: deque[Numbered] = deque(maxlen=waiting)
        self._lost: int | None = 0
        self._news = asyncio.Event()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Numbered | Lost:
        """The next event, waited for; `Lost` first when some are missing before it."""
        while not self._queue and self._lost == 0:
            self._news.clear()
            await self._news.wait()
        if self._lost != 0:
            lost, self._lost = self._lost, 0
            return Lost(lost)
        return self._queue.popleft()

    def offer(self, numbered: Numbered) -> None:
        """Give it an event, kept when it is wanted."""
        if not self._wanted(numbered.event):
            return
        if len(self._queue) == self._queue.maxlen and self._lost is not None:
            self._lost += 1
        self._queue.append(numbered)
        self._news.set()

    def missed(self) -> None:
        """Note that an unknown number of events is gone."""
        self._lost = None
        self._news.set()


class NetworkEvents:
    """Keeps the last events of every OLT and hands them to who follows them. Implements `domain.ports.EventSink`.

    Args:
        olts: The records that tell whose an OLT is.
        kept: Events kept of one OLT.
        waiting: Events that a subscriber may be late.
    """

    def __init__(self, olts: OltRecords, kept: int = _KEPT, waiting: int = _WAITING) -> None:
        self._olts = olts
        self._kept = kept
        self._waiting = waiting
        self._of: dict[str, deque[Numbered]] = {}
        self._subscriptions: set[Subscription] = set()
        self._run = secrets.token_hex(4)  # tells this process's numbers from those of the one before
        self._last = 0

    async def observed(self, events: Sequence[EventObservation]) -> None:
        """Keep events and hand them to the subscribers."""
        for event in events:
            self._last += 1
            numbered = Numbered(self._last, event)
            ring = self._of.pop(event.olt, None)
            if ring is None:
                ring = deque(maxlen=self._kept)
                if len(self._of) >= _OLTS:
                    del self._of[next(iter(self._of))]  # the OLT that has been silent longest
            self._of[event.olt] = ring
            ring.append(numbered)
            for subscription in self._subscriptions:
                subscription.offer(numbered)

    def recent(
        self, olt: str, pon: PonName | None = None, since: datetime | None = None
    ) -> tuple[EventObservation, ...]:
        """The kept events of an OLT from ``since`` on, oldest first.

        Args:
            olt: Name of the OLT.
            pon: Only what concerns that PON port: of itself, of what is behind it, of the whole OLT.
            since: Only what was received then or later, by the clock in force.
        """
        wanted = _wanted({olt}, pon, since)
        return tuple(numbered.event for numbered in self._of.get(olt, ()) if wanted(numbered.event))

    @contextmanager
    def subscribe(self, wanted: Wanted = lambda _event: True, *, after: str | None = None) -> Iterator[Subscription]:
        """The events from now on, or from the one behind ``after`` on, an identifier of `identifier`."""
        subscription = Subscription(wanted, self._waiting)
        if after is not None:
            self._resume(subscription, after)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def identifier(self, numbered: Numbered) -> str:
        """What a reader gives back to go on from behind this event."""
        return f"{self._run}-{numbered.number}"

    async def page(
        self,
        who: Principal,
        *,
        olt: str | None,
        pon: PonName | None,
        since: datetime | None,
        before: str | None,
        limit: int,
    ) -> list[Numbered]:
        """The events of the operator's OLTs, newest first, older than the event of identifier ``before``."""
        mine = await self._mine(who, olt)
        end = self._last + 1 if before is None else self._number(before) or 0
        wanted = _wanted(mine, pon, since)
        found = [
            numbered
            for name in mine
            for numbered in self._of.get(name, ())
            if numbered.number < end and wanted(numbered.event)
        ]
        return sorted(found, key=lambda numbered: -numbered.number)[:limit]

    async def wanted_by(self, who: Principal, olt: str | None, pon: PonName | None) -> Wanted:
        """Which events the principal follows: of its operator's OLTs as they are now."""
        return _wanted(await self._mine(who, olt), pon, None)

    async def _mine(self, who: Principal, olt: str | None) -> set[str]:
        who.require(Right.NOC)
        names = {target.name for target in await self._olts.list(who)}
        if olt is None:
            return names
        if olt not in names:
            raise NotFoundError("olt", olt)
        return {olt}

    def _number(self, identifier: str) -> int | None:
        """The number in an identifier of this run; ``None`` for any other."""
        run, _, number = identifier.partition("-")
        return int(number) if run == self._run and number.isdecimal() else None

    def _resume(self, subscription: Subscription, after: str) -> None:
        last = self._number(after)
        kept = sorted((n for ring in self._of.values() for n in ring), key=lambda n: n.number)
        missed = [numbered for numbered in kept if numbered.number > (last or 0)]
        if last is None or len(missed) < self._last - last:
            subscription.missed()
        for numbered in missed:
            subscription.offer(numbered)


def _wanted(olts: set[str], pon: PonName | None, since: datetime | None) -> Wanted:
    def wanted(event: EventObservation) -> bool:
        return event.olt in olts and (pon is None or event.concerns(pon)) and (since is None or event.at >= since)

    return wanted
