"""Signalisations by pages, newest first: each page costs its own length, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Select, bindparam, or_, select, union_all

from domain.errors import NotFoundError
from domain.identifiers import Id1
from domain.principal import Principal
from domain.ticket import TicketState
from storage.database import Database
from storage.scope import WHO
from storage.tables import TicketRow, table_of
from storage.tickets import SEEN, Ticket, ticket_of
from storage.uncut import uncut

AT_ONCE = 100
"""Rows of a page that are read at once; a longer one is read in another thread (C)."""

_T = table_of(TicketRow).c
_MARK = select(_T.created_at).where(SEEN, _T.number == bindparam("behind"))


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A signalisation as a list shows it; see `Ticket`."""

    operator_id: str
    number: str
    id1: Id1
    type_code: str
    state: TicketState
    reference: str | None
    created_at: datetime
    updated_at: datetime
    deposited_at: datetime | None
    deadline_at: datetime | None
    breached_at: datetime | None
    restored_at: datetime | None
    closed_at: datetime | None
    closing_code: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which signalisations of an operator.

    Attributes:
        deposited: Those that it deposited.
        repaired: Those that others deposited on its OLTs, drafts excepted.
        id1: Of one access.
        states: In one of these states; none: in any.
        before: Behind this number.
        limit: At most.
    """

    deposited: bool = True
    repaired: bool = True
    id1: Id1 | None = None
    states: tuple[TicketState, ...] = ()
    before: str | None = None
    limit: int = 100

    @property
    def form(self) -> tuple[bool, bool, bool, bool, bool]:
        """What the statement depends on."""
        return self.deposited, self.repaired, self.id1 is not None, bool(self.states), self.before is not None


class TicketPages:
    """Reads pages of signalisations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def lines(self, who: Principal, asked: Asked) -> list[TicketLine]:
        """As lists show them."""
        return [
            TicketLine(row[0], row[1], Id1(row[2]), row[3], TicketState(row[4]), *row[5:])
            for row in await self._rows(who, asked, whole=False)
        ]

    @uncut
    async def whole(self, who: Principal, asked: Asked) -> list[Ticket]:
        """Whole, with the values of their forms."""
        return [ticket_of(row) for row in await self._rows(who, asked, whole=True)]

    async def _rows(self, who: Principal, asked: Asked, *, whole: bool) -> Sequence[Any]:
        if not (asked.deposited or asked.repaired):
            return []
        values = {
            WHO: who.operator_id,
            "draft": TicketState.DRAFT.value,
            "access": str(asked.id1),
            "states": [state.value for state in asked.states],
            "most": asked.limit,
            "behind": asked.before,
            "at": None if asked.before is None else await self._instant(who, asked.before),
        }
        statement = _page(asked.form, whole)
        if asked.limit <= AT_ONCE:
            return await self._database.rows(statement, values)
        async with self._database.read() as session:
            rows: Sequence[Any] = (await session.execute(statement, values)).all()
            return rows

    async def _instant(self, who: Principal, number: str) -> datetime:
        found = await self._database.row(_MARK, {WHO: who.operator_id, "behind": number})
        if found is None:
            raise NotFoundError("ticket", number)
        at: datetime = found.created_at
        return at


@cache
def _page(form: tuple[bool, bool, bool, bool, bool], whole: bool) -> Select[Any]:
    """The statement of a page: the newest of each kind by its index, then of both; one kind may be left out."""
    deposited, repaired, one_access, some_states, behind = form
    kinds = []
    if deposited:
        kinds.append(select(_T.number, _T.created_at).where(_T.operator_id == bindparam(WHO)))
    if repaired:
        others = (_T.treated_by == bindparam(WHO)) & (_T.operator_id != bindparam(WHO))
        kinds.append(select(_T.number, _T.created_at).where(others, _T.state != bindparam("draft")))
    if one_access:
        kinds = [kind.where(_T.id1 == bindparam("access")) for kind in kinds]
    if some_states:
        kinds = [kind.where(_T.state.in_(bindparam("states", expanding=True))) for kind in kinds]
    if behind:
        at = bindparam("at", type_=_T.created_at.type)
        older = (_T.created_at <= at) & or_(_T.created_at < at, _T.number < bindparam("behind"))
        kinds = [kind.where(older) for kind in kinds]
    parts = [_newest(kind, _T.created_at, _T.number).subquery() for kind in kinds]
    numbers = select(union_all(*(select(part.c.number) for part in parts)).subquery().c.number)
    columns = list(_T) if whole else [_T[name] for name in TicketLine.__slots__]
    return _newest(select(*columns).where(_T.number.in_(numbers)), _T.created_at, _T.number)


def _newest(query: Select[Any], at: Column[Any], number: Column[Any]) -> Select[Any]:
    return query.order_by(at.desc(), number.desc()).limit(bindparam("most"))
