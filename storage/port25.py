"""Orders about port 25: written with the signalisation that carries them, and in the audit trail."""

from __future__ import annotations

import builtins
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import ConflictError
from domain.identifiers import Id1
from domain.port25 import OrderState, Port25Order
from domain.principal import Principal
from storage.audit import Entry, append_in
from storage.database import Database
from storage.tables import Port25OrderRow, TicketRow
from storage.uncut import uncut

_UNDER_WAY = "an order about port 25 is under way on this access"


async def order_in(session: AsyncSession, order: Port25Order) -> None:
    """Write an order, within a transaction; raises `ConflictError` where another waits on the access."""
    waiting = select(Port25OrderRow.number).where(
        Port25OrderRow.operator_id == order.operator_id,
        Port25OrderRow.id1 == str(order.id1),
        Port25OrderRow.state == OrderState.ASKED.value,
    )
    if await session.scalar(waiting) is not None:
        raise ConflictError("access", str(order.id1), _UNDER_WAY)
    session.add(
        Port25OrderRow(
            operator_id=order.operator_id,
            number=order.number,
            id1=str(order.id1),
            opens=order.opens,
            state=order.state.value,
            asked_by=order.asked_by,
            asked_at=order.asked_at,
        )
    )
    await _audit(session, order.operator_id, order.number, order.asked_at, order.asked_by, order.state, order.opens)


async def follow_in(
    session: AsyncSession, who: Principal, ticket: tuple[str, str], state: OrderState, at: datetime
) -> None:
    """Move the order of a signalisation (its operator and number) on, within a transaction; nothing without one."""
    done = state is OrderState.DONE
    values = {"state": state.value, "done_by": who.account if done else None, "done_at": at if done else None}
    if state is OrderState.ASKED:  # reopened: what the téléaction did was not enough
        values["teleaction"] = None
    change = (
        update(Port25OrderRow)
        .where(Port25OrderRow.operator_id == ticket[0], Port25OrderRow.number == ticket[1])
        .where(Port25OrderRow.state != state.value)
        .values(**values)
        .returning(Port25OrderRow.opens)
        .execution_options(synchronize_session=False)
    )
    try:
        opens = await session.scalar(change)
    except IntegrityError:  # another waits meanwhile
        raise ConflictError("ticket", ticket[1], _UNDER_WAY) from None
    if opens is not None:
        await _audit(session, *ticket, at, who.account, state, opens)


async def _audit(
    session: AsyncSession, operator_id: str, number: str, at: datetime, account: str, state: OrderState, opens: bool
) -> None:
    body = {"account": account, "state": state.value, "order": "open" if opens else "close", "port": 25}
    await append_in(session, Entry(operator_id, at, "port25", number, body))


class Port25Orders:
    """Reads orders, and keeps which téléaction carries each out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def list(self, who: Principal, state: OrderState | None, limit: int) -> builtins.list[Port25Order]:
        """The orders of the operator and those that it carries out, the oldest first."""
        query = (
            select(Port25OrderRow)
            .join(TicketRow, TicketRow.number == Port25OrderRow.number)
            .where((Port25OrderRow.operator_id == who.operator_id) | (TicketRow.treated_by == who.operator_id))
        )
        if state is not None:
            query = query.where(Port25OrderRow.state == state.value)
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(Port25OrderRow.asked_at, Port25OrderRow.number).limit(limit))
            return [_order(row) for row in rows]

    @uncut
    async def carried_by(self, order: Port25Order, teleaction: str | None) -> None:
        """An order that waits is carried out by that téléaction; ``None``: by the platform's team."""
        change = (
            update(Port25OrderRow)
            .where(Port25OrderRow.operator_id == order.operator_id, Port25OrderRow.number == order.number)
            .where(Port25OrderRow.state == OrderState.ASKED.value)
            .values(teleaction=teleaction)
        )
        async with self._database.write() as session:
            await session.execute(change)

    @uncut
    async def under_way(self) -> builtins.list[Port25Order]:
        """The orders of every operator that wait for the end of their téléaction, the oldest first."""
        query = select(Port25OrderRow).where(
            Port25OrderRow.state == OrderState.ASKED.value, Port25OrderRow.teleaction.is_not(None)
        )
        async with self._database.read() as session:
            return [_order(row) for row in await session.scalars(query.order_by(Port25OrderRow.asked_at))]


def _order(row: Port25OrderRow) -> Port25Order:
    return Port25Order(
        operator_id=row.operator_id,
        number=row.number,
        id1=Id1(row.id1),
        opens=row.opens,
        state=OrderState(row.state),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        done_by=row.done_by,
        done_at=row.done_at,
        teleaction=row.teleaction,
    )
