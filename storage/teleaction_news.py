"""What operators are told of téléactions, written with what it tells of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.announcement import Announcement
from domain.teleaction import ActionNumber, TeleactionRecord
from storage.announcing import announce_in
from storage.tables import TeleactionRow
from storage.teleaction_record import record_of

Telling = Callable[[TeleactionRecord], Sequence[Announcement]]
"""The events about a téléaction as it is now."""


class TeleactionNews:
    """Puts them in the outbox.

    Attributes:
        telling: Makes the events; ``None``: nobody is told anything.
    """

    def __init__(self) -> None:
        self.telling: Telling | None = None

    async def tell_in(self, session: AsyncSession, number: ActionNumber) -> None:
        """Tell of a téléaction within the transaction that has changed it."""
        if self.telling is None:
            return
        await session.flush()
        query = select(TeleactionRow).where(TeleactionRow.number == str(number))
        row = (await session.scalars(query.execution_options(populate_existing=True))).one()
        await announce_in(session, row.operator_id, self.telling(record_of(row)))
