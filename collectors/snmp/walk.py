"""Walks of columns, or of a range of their index. A walk cut short keeps what came and says why: it is never empty."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from collectors.snmp.client import Exchange, SnmpClient
from collectors.snmp.values import Kind, Oid, VarBind
from domain.reading import Reason


@dataclass(frozen=True, slots=True)
class Scope:
    """A range of the first number of an index, both ends included."""

    first: int
    last: int


WHOLE = Scope(0, 0xFFFFFFFF)
"""Every index of a column."""

MOST_ROWS = 262_144
"""Rows of a column beyond which its agent is held to be endless, and left. C: the largest OLTs have 32,768 ONTs, each
with a few ports."""


@dataclass(slots=True)
class Column:
    """What a walk of one column brought.

    Attributes:
        rows: Index (what follows the column's identifier) to variable, in the agent's order.
        reason: Why the walk stopped before its end; ``None`` when it is complete.
    """

    rows: dict[Oid, VarBind] = field(default_factory=dict)
    reason: Reason | None = None


def take(column: Oid, scope: Scope, after: Oid, answered: Sequence[VarBind], into: Column) -> Oid | None:
    """Add answered variables that belong to ``column`` and ``scope`` to ``into``.

    Returns where to go on from, or ``None`` at the end: the agent left the column or the scope, has no more, or goes
    round in circles (names must grow, RFC 3416 4.2.3: one that does not ends the walk as ``malformed``).
    """
    size = len(column)
    for varbind in answered:
        name = varbind.oid
        if varbind.kind is Kind.END_OF_MIB or name[:size] != column:
            if varbind.kind is not Kind.END_OF_MIB and name <= after:
                into.reason = Reason.MALFORMED
            return None
        index = name[size:]
        if name <= after or not index:
            into.reason = Reason.MALFORMED
            return None
        if index[0] > scope.last:
            return None
        if index[0] >= scope.first:
            into.rows[index] = varbind
        after = name
    return after


async def walk_column(
    client: SnmpClient,
    exchange: Exchange,
    column: Oid,
    scope: Scope = WHOLE,
    max_repetitions: int = 40,
    most_rows: int = MOST_ROWS,
) -> Column:
    """Walk one column, one request after the other. One that has no end is ``malformed`` from ``most_rows`` on."""
    found = Column()
    at: Oid | None = column if scope.first <= 0 else (*column, scope.first - 1)
    while at is not None:
        answer = await client.bulk(exchange, [at], max_repetitions)
        if answer.reason is not None:
            found.reason = answer.reason
            return found
        at = take(column, scope, at, answer.columns[0], found)
        if at is not None and len(found.rows) >= most_rows:
            found.reason = Reason.MALFORMED
            return found
    return found


async def walk_columns(
    client: SnmpClient,
    exchange: Exchange,
    chains: Sequence[tuple[Oid, Scope]],
    max_repetitions: int = 40,
    window: int = 8,
) -> list[Column]:
    """Walk columns side by side, ``window`` requests in flight at most; the answers stand in the order asked."""
    slots = asyncio.Semaphore(window)

    async def one(column: Oid, scope: Scope) -> Column:
        async with slots:
            return await walk_column(client, exchange, column, scope, max_repetitions)

    return list(await asyncio.gather(*(one(column, scope) for column, scope in chains)))
