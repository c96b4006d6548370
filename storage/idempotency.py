"""Idempotency keys: the same key with the same request gives the first answer again, for 48 h."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import ConflictError
from domain.principal import Principal
from storage.database import Database
from storage.scope import mine
from storage.tables import IdempotencyRow
from storage.uncut import uncut

KEPT = timedelta(hours=48)
"""As long as the results of a diagnosis can be read (e-SAV Test: 48 h)."""


class Idempotency:
    """Keeps keys, each operator's apart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def claim(self, who: Principal, key: str, fingerprint: str, reference: str, now: datetime) -> str | None:
        """Take the key for ``reference``: ``None``, or the reference of the earlier request that has it.

        Raises `ConflictError` when the earlier request was another one (another fingerprint).
        """
        async with self._database.write() as session:
            return await self.claim_in(session, who, key, fingerprint, reference, now)

    async def claim_in(
        self, session: AsyncSession, who: Principal, key: str, fingerprint: str, reference: str, now: datetime
    ) -> str | None:
        """The same inside a transaction: it is undone with it."""
        change = {"fingerprint": fingerprint, "reference": reference, "created_at": now}
        insert = self._database.insert(IdempotencyRow).values(operator_id=who.operator_id, key=key, **change)
        taken = insert.on_conflict_do_update(
            index_elements=["operator_id", "key"], set_=change, where=IdempotencyRow.created_at < now - KEPT
        ).returning(IdempotencyRow.key)
        if (await session.execute(taken)).first() is not None:
            return None
        earlier = await session.scalar(mine(IdempotencyRow, who).where(IdempotencyRow.key == key))
        if earlier is None or earlier.fingerprint != fingerprint:
            raise ConflictError("idempotency key", key, "it was used for another request")
        return earlier.reference

    async def find_in(
        self, session: AsyncSession, who: Principal, key: str, fingerprint: str, now: datetime
    ) -> str | None:
        """The reference that the key has already, without taking it; raises `ConflictError` as `claim` does."""
        query = mine(IdempotencyRow, who).where(IdempotencyRow.key == key, IdempotencyRow.created_at >= now - KEPT)
        earlier = await session.scalar(query)
        if earlier is not None and earlier.fingerprint != fingerprint:
            raise ConflictError("idempotency key", key, "it was used for another request")
        return None if earlier is None else earlier.reference

    @uncut
    async def forget(self, now: datetime) -> int:
        """Drop the keys older than 48 h, of every operator; returns how many."""
        old = delete(IdempotencyRow).where(IdempotencyRow.created_at < now - KEPT)
        async with self._database.write() as session:
            gone = await session.scalars(old.returning(IdempotencyRow.key).execution_options(synchronize_session=False))
            return len(gone.all())
