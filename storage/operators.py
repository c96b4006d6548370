"""Operators: the tenants. Written at deployment, so no principal is asked here."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

from sqlalchemy import select

from domain.errors import NotFoundError
from storage.database import Database
from storage.scope import WHO, mine_at_once
from storage.tables import OperatorRow
from storage.uncut import uncut


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator.

    Attributes:
        operator_id: Its key.
        name: Its name.
        is_infrastructure: Whether it owns OLTs and outside plant.
    """

    operator_id: str
    name: str
    is_infrastructure: bool = False


_ONE = mine_at_once(OperatorRow)


class Operators:
    """Keeps operators."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def put(self, operator: Operator) -> None:
        """Create an operator, or change its name and kind."""
        change = {"name": operator.name, "is_infrastructure": operator.is_infrastructure}
        insert = self._database.insert(OperatorRow).values(operator_id=operator.operator_id, **change)
        async with self._database.write() as session:
            await session.execute(insert.on_conflict_do_update(index_elements=["operator_id"], set_=change))

    async def get(self, operator_id: str) -> Operator:
        """One operator; raises `NotFoundError`."""
        row = await self._database.row(_ONE, {WHO: operator_id})
        if row is None:
            raise NotFoundError("operator", operator_id)
        return Operator(row.operator_id, row.name, row.is_infrastructure)

    @uncut
    async def list(self) -> builtins.list[Operator]:
        """Every operator, by key."""
        async with self._database.read() as session:
            rows = await session.scalars(select(OperatorRow).order_by(OperatorRow.operator_id))
            return [Operator(row.operator_id, row.name, row.is_infrastructure) for row in rows]
