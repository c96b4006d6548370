"""Reference measures that are still to be taken; they outlive the service that wanted them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from domain.identifiers import Id1
from domain.principal import Principal
from domain.reference import Occasion
from storage.database import Database
from storage.scope import change_mine, drop_mine
from storage.tables import WantedReferenceRow
from storage.uncut import uncut

_PARTS = 500
"""Rows of one statement: databases bound the values that it may carry."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One to take.

    Attributes:
        due_at: Not before.
        tries: How often it was tried and gave none.
    """

    operator_id: str
    id1: Id1
    occasion: Occasion
    due_at: datetime
    tries: int


class WantedReferences:
    """Keeps them, one an access."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def add(self, wanted: Sequence[Wanted]) -> None:
        """Keep them; a later occasion of the same access replaces the earlier one. The accesses must exist."""
        rows = [
            {
                "operator_id": one.operator_id,
                "id1": str(one.id1),
                "occasion": one.occasion.value,
                "due_at": one.due_at,
                "tries": one.tries,
            }
            for one in wanted
        ]
        async with self._database.write() as session:
            for first in range(0, len(rows), _PARTS):
                insert = self._database.insert(WantedReferenceRow).values(rows[first : first + _PARTS])
                change = {name: insert.excluded[name] for name in ("occasion", "due_at", "tries")}
                keys = ["operator_id", "id1"]
                await session.execute(insert.on_conflict_do_update(index_elements=keys, set_=change))

    @uncut
    async def next(self, now: datetime) -> Wanted | None:
        """The one that has been due for longest, whoever's it is."""
        query = select(WantedReferenceRow).where(WantedReferenceRow.due_at <= now)
        async with self._database.read() as session:
            row = await session.scalar(query.order_by(WantedReferenceRow.due_at, WantedReferenceRow.id1).limit(1))
        if row is None:
            return None
        return Wanted(row.operator_id, Id1(row.id1), Occasion(row.occasion), row.due_at, row.tries)

    @uncut
    async def first_due(self) -> datetime | None:
        """When the next one is due; ``None`` without any."""
        async with self._database.read() as session:
            return await session.scalar(select(func.min(WantedReferenceRow.due_at)))

    @uncut
    async def put_off(self, one: Wanted, due_at: datetime) -> None:
        """Try it again then, unless it was wanted anew meanwhile."""
        owner = Principal(one.operator_id, "", frozenset())
        change = change_mine(WantedReferenceRow, owner).where(
            WantedReferenceRow.id1 == str(one.id1), WantedReferenceRow.due_at == one.due_at
        )
        async with self._database.write() as session:
            await session.execute(change.values(due_at=due_at, tries=one.tries + 1))

    @uncut
    async def drop(self, one: Wanted) -> None:
        """It was taken, or never will be, unless it was wanted anew meanwhile."""
        owner = Principal(one.operator_id, "", frozenset())
        gone = drop_mine(WantedReferenceRow, owner).where(
            WantedReferenceRow.id1 == str(one.id1), WantedReferenceRow.due_at == one.due_at
        )
        async with self._database.write() as session:
            await session.execute(gone)
