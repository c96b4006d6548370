"""Signalisations: drafts, deposits, moves; what is attached to them. Each change and its announcement are one write."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.announcement import Announcement
from domain.clock import PARIS
from domain.errors import ConflictError, NotFoundError
from domain.identifiers import DiagnosisNumber, Id1
from domain.port25 import OrderState, Port25Order
from domain.principal import Principal
from domain.ticket import TicketState
from storage.announcing import announce_in
from storage.database import Database
from storage.idempotency import Idempotency
from storage.port25 import follow_in, order_in
from storage.scope import WHO, change_mine, mine, mine_at_once
from storage.tables import OltRow, TicketDiagnosisRow, TicketEventRow, TicketRow
from storage.uncut import uncut

_SEQUENCES = 10_000_000
_OPEN = [state.value for state in TicketState if state.open]

Values = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Ticket:
    """A signalisation as the records hold it.

    Attributes:
        operator_id: Who deposited it.
        treated_by: Who repairs: the operator of the OLT; ``None`` where the access hung from none.
        fields: Values of the form by field.
        context: « Contexte au moment du dépôt »; ``None`` for a draft.
        deadline_at: GTR deadline; ``None`` without the option, and while a freeze has no end.
        breached_at: When the deadline was seen to be over.
        counted_down_s: The last step of the countdown that was told, in working seconds left.
        forced_by: Who used the droit de Forçage, ``forced_over`` which diagnosis, ``forced_why`` in his words.
    """

    operator_id: str
    number: str
    id1: Id1
    treated_by: str | None
    form: str
    form_version: int
    type_code: str
    state: TicketState
    account: str
    reference: str | None
    fields: Values = field(repr=False)
    context: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime
    deposited_at: datetime | None = None
    deadline_at: datetime | None = None
    breached_at: datetime | None = None
    counted_down_s: int | None = None
    restored_at: datetime | None = None
    closed_at: datetime | None = None
    closing_code: str | None = None
    forced_by: str | None = None
    forced_over: str | None = None
    forced_why: str | None = None


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """One line of the history of a signalisation."""

    at: datetime
    kind: str
    account: str
    state: TicketState
    text: str


def ticket_number(at: datetime, sequence: int) -> str:
    """``SIG190514-2879560``: the day in Europe/Paris and 7 drawn digits, as diagnoses are numbered (ADR-0022)."""
    return f"SIG{at.astimezone(PARIS):%y%m%d}-{sequence % _SEQUENCES:07d}"


_COLUMNS = TicketRow.__table__.c


def _seen(operator: Any) -> ColumnElement[bool]:
    """What an operator sees, by its key or a parameter: what it deposited, and what was deposited on its OLTs."""
    repaired = (TicketRow.treated_by == operator) & (TicketRow.state != TicketState.DRAFT.value)
    return or_(TicketRow.operator_id == operator, repaired)


SEEN = _seen(bindparam(WHO))
"""What the operator `WHO` sees."""
_ONE = select(*_COLUMNS).where(SEEN, TicketRow.number == bindparam("ticket"))
_EVENTS = (
    mine_at_once(TicketEventRow).where(TicketEventRow.number == bindparam("ticket")).order_by(TicketEventRow.event_id)
)


class Tickets:
    """Keeps signalisations: the depositor's own, and to whom repairs what was deposited on his OLTs."""

    def __init__(self, database: Database, idempotency: Idempotency) -> None:
        self._database = database
        self._idempotency = idempotency

    @uncut
    async def create(self, who: Principal, draft: Ticket, key: tuple[str, str] | None = None) -> tuple[Ticket, bool]:
        """Keep a draft under a number of its own; ``key``: idempotency key and fingerprint of the request.

        Returns it, and whether an earlier request with the same key had made it.
        """
        while True:
            number = ticket_number(draft.created_at, secrets.randbelow(_SEQUENCES))
            insert = self._database.insert(TicketRow).values(**_columns(who, draft, number))
            async with self._database.write() as session:
                if key is not None:
                    earlier = await self._idempotency.claim_in(session, who, *key, number, draft.created_at)
                    if earlier is not None:
                        return await self._one(session, who, earlier), True
                taken = insert.on_conflict_do_nothing(index_elements=["number"]).returning(TicketRow.number)
                if (await session.execute(taken)).first() is None:
                    await session.rollback()
                    continue
                note(session, who, (who.operator_id, number), draft.created_at, "brouillon", draft.state)
            return await self.get(who, number), False

    async def get(self, who: Principal, number: str) -> Ticket:
        """One signalisation that the principal deposited or repairs; raises `NotFoundError`."""
        row = await self._database.row(_ONE, {WHO: who.operator_id, "ticket": number})
        if row is None:
            raise NotFoundError("ticket", number)
        return ticket_of(row)

    @uncut
    async def save(self, who: Principal, number: str, fields: Values, reference: str | None, at: datetime) -> None:
        """Change a draft; raises `NotFoundError`, or `ConflictError` once it is deposited."""
        values = {"fields": json.dumps(fields), "reference": reference, "updated_at": at}
        await self._change_draft(who, number, values)

    @uncut
    async def deposit(
        self,
        who: Principal,
        number: str,
        values: Mapping[str, Any],
        attached: Sequence[DiagnosisNumber],
        text: str,
        told: Sequence[Announcement],
        port25: Port25Order | None = None,
    ) -> None:
        """Turn a draft into a signalisation, with the results of the last 48 h and its order; raises as `save` does."""
        at = values["deposited_at"]
        change = {**values, "state": TicketState.DEPOSITED.value, "updated_at": at}
        change["context"] = json.dumps(change["context"])
        async with self._database.write() as session:
            await self._draft_in(session, who, number, change)
            for one in attached:
                session.add(TicketDiagnosisRow(operator_id=who.operator_id, ticket=number, number=str(one)))
            note(session, who, (who.operator_id, number), at, "dépôt", TicketState.DEPOSITED, text)
            if port25 is not None:
                await order_in(session, port25)
            await announce_in(session, who.operator_id, told)

    @uncut
    async def move(
        self,
        who: Principal,
        before: Ticket,
        values: Mapping[str, Any],
        kind: str,
        text: str,
        told: Sequence[Announcement],
        port25: OrderState | None = None,
    ) -> None:
        """Move a signalisation, and its order, from the state it was read in; `ConflictError` when it has moved."""
        change = (
            update(TicketRow)
            .where(
                TicketRow.operator_id == before.operator_id,
                TicketRow.number == before.number,
                TicketRow.state == before.state.value,
            )
            .values(**values)
            .returning(TicketRow.state)
            .execution_options(synchronize_session=False)
        )
        async with self._database.write() as session:
            state = await session.scalar(change)
            if state is None:
                raise ConflictError("ticket", before.number, "it has moved meanwhile")
            note(
                session, who, (before.operator_id, before.number), values["updated_at"], kind, TicketState(state), text
            )
            if port25 is not None:
                await follow_in(session, who, (before.operator_id, before.number), port25, values["updated_at"])
            await announce_in(session, before.operator_id, told)

    async def events(self, ticket: Ticket) -> list[TicketEvent]:
        """What happened to a signalisation that was read, oldest first."""
        rows = await self._database.rows(_EVENTS, {WHO: ticket.operator_id, "ticket": ticket.number})
        return [TicketEvent(row.at, row.kind, row.account, TicketState(row.state), row.text) for row in rows]

    @uncut
    async def open_on(self, who: Principal, id1: Id1) -> list[str]:
        """Numbers of the signalisations in progress on an access of the operator."""
        query = mine(TicketRow, who).where(TicketRow.id1 == str(id1), TicketRow.state.in_(_OPEN))
        async with self._database.read() as session:
            return [row.number for row in await session.scalars(query.order_by(TicketRow.created_at))]

    @uncut
    async def overdue(self, now: datetime) -> list[Ticket]:
        """Signalisations of every operator whose deadline is over and that nobody was told of: for the watch."""
        return await self._running(TicketRow.deadline_at < now)

    @uncut
    async def counting(self, now: datetime) -> list[Ticket]:
        """Signalisations of every operator whose deadline is ahead, and that are not restored: for the watch."""
        return await self._running(TicketRow.deadline_at >= now)

    async def _running(self, due: ColumnElement[bool]) -> list[Ticket]:
        query = select(TicketRow).where(
            due,
            TicketRow.breached_at.is_(None),
            TicketRow.restored_at.is_(None),
            TicketRow.state.in_([state for state in _OPEN if state != TicketState.RESTORED.value]),
        )
        async with self._database.read() as session:
            return [ticket_of(row) for row in await session.scalars(query)]

    @uncut
    async def owner_of_olt(self, olt: str) -> str | None:
        """Who repairs what hangs from an OLT."""
        async with self._database.read() as session:
            return await session.scalar(select(OltRow.operator_id).where(OltRow.name == olt))

    async def _one(self, session: AsyncSession, who: Principal, number: str) -> Ticket:
        row = await session.scalar(visible(who).where(TicketRow.number == number))
        if row is None:
            raise NotFoundError("ticket", number)
        return ticket_of(row)

    async def _change_draft(self, who: Principal, number: str, values: Mapping[str, Any]) -> None:
        async with self._database.write() as session:
            await self._draft_in(session, who, number, values)

    async def _draft_in(self, session: AsyncSession, who: Principal, number: str, values: Mapping[str, Any]) -> None:
        change = (
            change_mine(TicketRow, who)
            .where(TicketRow.number == number, TicketRow.state == TicketState.DRAFT.value)
            .values(**values)
            .returning(TicketRow.number)
        )
        if await session.scalar(change) is None:
            known = mine(TicketRow, who).with_only_columns(TicketRow.number).where(TicketRow.number == number)
            if await session.scalar(known) is None:
                raise NotFoundError("ticket", number)
            raise ConflictError("ticket", number, "it is no draft any more")


def note(
    session: AsyncSession,
    who: Principal,
    ticket: tuple[str, str],
    at: datetime,
    kind: str,
    state: TicketState,
    text: str = "",
) -> None:
    """Write one event of a ticket (its operator and its number) inside a transaction."""
    owner, number = ticket
    account = who.account if who.operator_id == owner else f"{who.operator_id}/{who.account}"
    session.add(
        TicketEventRow(
            operator_id=owner, number=number, at=at, kind=kind, account=account[:100], state=state.value, text=text
        )
    )


def visible(who: Principal) -> Select[TicketRow]:
    """What the principal deposited, and what was deposited on his OLTs."""
    return select(TicketRow).where(_seen(who.operator_id))


def _columns(who: Principal, draft: Ticket, number: str) -> dict[str, Any]:
    return {
        "operator_id": who.operator_id,
        "number": number,
        "id1": str(draft.id1),
        "form": draft.form,
        "form_version": draft.form_version,
        "type_code": draft.type_code,
        "state": draft.state.value,
        "account": who.account,
        "reference": draft.reference,
        "fields": json.dumps(draft.fields),
        "created_at": draft.created_at,
        "updated_at": draft.updated_at,
    }


def ticket_of(row: TicketRow) -> Ticket:
    """The signalisation of a row."""
    return Ticket(
        operator_id=row.operator_id,
        number=row.number,
        id1=Id1(row.id1),
        treated_by=row.treated_by,
        form=row.form,
        form_version=row.form_version,
        type_code=row.type_code,
        state=TicketState(row.state),
        account=row.account,
        reference=row.reference,
        fields=json.loads(row.fields),
        context=None if row.context is None else json.loads(row.context),
        created_at=row.created_at,
        updated_at=row.updated_at,
        deposited_at=row.deposited_at,
        deadline_at=row.deadline_at,
        breached_at=row.breached_at,
        counted_down_s=row.counted_down_s,
        restored_at=row.restored_at,
        closed_at=row.closed_at,
        closing_code=row.closing_code,
        forced_by=row.forced_by,
        forced_over=row.forced_over,
        forced_why=row.forced_why,
    )
