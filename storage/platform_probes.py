"""The last probe of each target of the Internet platform. Implements `collectors.platform.prober.ProbeStore`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.platform import Answer, Probed, ProbeKind
from storage.database import Database
from storage.tables import OperatorRow, PlatformProbeRow
from storage.uncut import uncut

_DETAIL = 64


class PlatformProbes:
    """Keeps probes for the infrastructure operator: the first by its key, where a laboratory has several."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def keep(self, found: Sequence[Probed]) -> None:
        """Keep these in the place of all former ones; nothing is kept while no infrastructure operator is declared."""
        async with self._database.write_at_once() as session:
            owner = await _owner(session)
            if owner is None:
                return
            await session.execute(delete(PlatformProbeRow).where(PlatformProbeRow.operator_id == owner))
            rows = [
                asdict(one)
                | {"operator_id": owner, "kind": one.kind.value, "answer": one.answer.value}
                | {"detail": one.detail[:_DETAIL]}
                for one in found
            ]
            if rows:
                await session.execute(self._database.insert(PlatformProbeRow), rows)

    @uncut
    async def last(self) -> Sequence[Probed]:
        """What is kept, by name."""
        async with self._database.read() as session:
            owner = await _owner(session)
            query = select(PlatformProbeRow).where(PlatformProbeRow.operator_id == owner)
            rows = await session.scalars(query.order_by(PlatformProbeRow.name))
            return [_probed(row) for row in rows]

    @uncut
    async def owner(self) -> str | None:
        """Whose the platform is."""
        async with self._database.read() as session:
            return await _owner(session)


async def _owner(session: AsyncSession) -> str | None:
    query = select(OperatorRow.operator_id).where(OperatorRow.is_infrastructure).order_by(OperatorRow.operator_id)
    found: str | None = await session.scalar(query.limit(1))
    return found


def _probed(row: PlatformProbeRow) -> Probed:
    return Probed(
        ProbeKind(row.kind),
        row.name,
        Answer(row.answer),
        row.at,
        row.elapsed_ms,
        row.detail,
        row.heard_at,
        row.asked,
        row.unheard,
    )
