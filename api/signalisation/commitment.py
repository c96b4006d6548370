"""The GTR of signalisations: deadline, countdown, freezes, and the watch that announces a breach once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from api.holidays import closed_in
from api.services.announcing import announcement
from api.tmf.trouble_ticket import mapping as trouble_tickets
from domain.access import Access
from domain.announcement import AnnouncementKind
from domain.clock import Clock
from domain.errors import ConflictError
from domain.gtr import GTR_10H_HO, Freeze, deadline, remaining
from domain.principal import Principal
from domain.ticket import Action, TicketState
from storage.accesses import Accesses
from storage.tickets import Ticket, TicketEvent, Tickets

_log = structlog.get_logger(__name__)

ACCOUNT = "GTR"


@dataclass(frozen=True, slots=True)
class Commitment:
    """How a signalisation stands with its GTR.

    Attributes:
        label: As the screen prints it.
        deadline_at: ``None`` while a freeze has no end.
        remaining_s: Working seconds left; it stands still outside working hours.
        breached: Whether the deadline is over and nothing was restored by then.
        met: Whether it was kept; ``None`` until the restoration.
    """

    label: str
    deadline_at: datetime | None
    remaining_s: int
    breached: bool
    met: bool | None


class Commitments:
    """Computes them, and tells how they go.

    Args:
        freezes: Whether the clock stands still while a signalisation is « Gelée » (default no).
        steps_s: Working seconds left at which the countdown is told.
    """

    def __init__(
        self, accesses: Accesses, tickets: Tickets, clock: Clock, *, freezes: bool, steps_s: Sequence[int] = ()
    ) -> None:
        self._accesses = accesses
        self._tickets = tickets
        self._clock = clock
        self._freezes = freezes
        self._steps_s = steps_s

    async def of(self, ticket: Ticket) -> Commitment | None:
        """The commitment of a deposited signalisation; ``None`` without the option."""
        frozen = self._freezes and ticket.state is TicketState.HELD
        if ticket.deposited_at is None or (ticket.deadline_at is None and not frozen):
            return None
        until = ticket.restored_at or ticket.closed_at or self._clock.now()
        left = await self._left(ticket, ticket.deposited_at, until)
        due = ticket.deadline_at
        met = None if ticket.restored_at is None or due is None else ticket.restored_at <= due
        over = due is not None and until > due
        return Commitment(GTR_10H_HO.label, due, int(left.total_seconds()), over, met)

    async def after(self, ticket: Ticket, action: Action, now: datetime) -> dict[str, Any]:
        """What a move changes of the deadline, where freezes count."""
        leaves = ticket.state is TicketState.HELD
        if not self._freezes or ticket.deposited_at is None or not (leaves or action is Action.HOLD):
            return {}
        if not leaves:
            return {} if ticket.deadline_at is None else {"deadline_at": None}
        events = await self._tickets.events(ticket)
        access = await self._access(ticket)
        if not access.gtr:
            return {}
        frozen = _frozen(events)
        spans = [*frozen[:-1], Freeze(frozen[-1].start, now)]
        due = deadline(ticket.deposited_at, closed_in(access.zone), freezes=spans)
        return {"deadline_at": None if due is None else due.deadline_at}

    async def watch(self) -> int:
        """Announce the deadlines that are over, each once; returns how many."""
        now, told = self._clock.now(), 0
        for ticket in await self._tickets.overdue(now):
            seen = replace(ticket, breached_at=now, updated_at=now)
            if await self._tell(seen, AnnouncementKind.GTR_BREACHED, "GTR dépassée", 0, {"breached_at": now}):
                told += 1
                _log.warning("GTR breached", number=ticket.number, operator=ticket.operator_id)
        return told

    async def count_down(self) -> int:
        """Announce the commitments that have little time left, each step once; returns how many."""
        now, told = self._clock.now(), 0
        for ticket in await self._tickets.counting(now) if self._steps_s else ():
            if ticket.deposited_at is None:
                continue
            left_s = int((await self._left(ticket, ticket.deposited_at, now)).total_seconds())
            step = min((one for one in self._steps_s if left_s <= one), default=None)
            if step is None or (ticket.counted_down_s is not None and ticket.counted_down_s <= step):
                continue
            seen, kind = replace(ticket, updated_at=now), AnnouncementKind.GTR_COUNTDOWN
            told += await self._tell(seen, kind, "GTR bientôt dépassée", left_s, {"counted_down_s": step})
        return told

    async def _tell(
        self, ticket: Ticket, kind: AnnouncementKind, said: str, left_s: int, values: Mapping[str, Any]
    ) -> bool:
        """Write in the history how a commitment goes, and announce it with that; no if it has just moved."""
        now = ticket.updated_at
        data = {
            "number": ticket.number,
            "access": str(ticket.id1),
            "reference": ticket.reference,
            "deadline_at": None if ticket.deadline_at is None else ticket.deadline_at.isoformat(),
            "remaining_s": left_s,
        }
        events = [announcement(kind, str(ticket.id1), now, data), trouble_tickets.counted(ticket, now, left_s)]
        who = Principal(ticket.operator_id, ACCOUNT, frozenset())
        try:
            await self._tickets.move(who, ticket, {**values, "updated_at": now}, said, "", events)
        except ConflictError:  # the next round sees it as it is
            return False
        return True

    async def _left(self, ticket: Ticket, deposited_at: datetime, until: datetime) -> timedelta:
        access = await self._access(ticket)
        spans = await self._spans(ticket)
        return remaining(deposited_at, until, closed_in(access.zone), freezes=spans)

    async def _spans(self, ticket: Ticket) -> Sequence[Freeze]:
        return _frozen(await self._tickets.events(ticket)) if self._freezes else ()

    async def _access(self, ticket: Ticket) -> Access:
        return await self._accesses.get(Principal(ticket.operator_id, ACCOUNT, frozenset()), ticket.id1)


def _frozen(events: Sequence[TicketEvent]) -> list[Freeze]:
    """The times during which a signalisation was « Gelée », from its history."""
    found: list[Freeze] = []
    since: datetime | None = None
    for event in events:
        if event.state is TicketState.HELD and since is None:
            since = event.at
        elif event.state is not TicketState.HELD and since is not None:
            found.append(Freeze(since, event.at))
            since = None
    return found if since is None else [*found, Freeze(since)]
