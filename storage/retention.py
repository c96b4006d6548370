"""What has ended and is too old is removed, of every operator, a batch a transaction: nobody waits long behind it.

Never removed: accesses and their history, signalisations with the results attached to them, téléactions and their audit
trail, references, rule-sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from storage.announcing import PENDING
from storage.database import Database
from storage.diagnosis_record import DiagnosisState
from storage.tables import (
    Base,
    BoxEventRow,
    DiagnosisRow,
    IncidentChangeRow,
    IncidentRow,
    IncidentToldRow,
    ParkedBoxRow,
    PlannedWorkRow,
    TicketDiagnosisRow,
    TicketRow,
    TmfDocumentRow,
    TokenRow,
    WebhookDeliveryRow,
    WebhookRow,
)
from storage.uncut import uncut

BATCH = 500
"""Rows of one transaction (C): a diagnosis is some 20 kB, ten MB of journal."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long what has ended is kept (C). Whoever runs the service decides.

    Attributes:
        diagnoses: Results of tests, from `Date d'envoi`; those that a signalisation refers to stay with it.
        incidents: Collective incidents from their end, planned works likewise.
        traces: What boxes announced, what webhooks were told, tokens that let nobody in any more, boxes of no access.
        documents: Resources of the TM Forum interfaces whose documents stand beside diagnoses, and go with them.
    """

    diagnoses: timedelta = timedelta(days=90)
    incidents: timedelta = timedelta(days=365)
    traces: timedelta = timedelta(days=30)
    documents: tuple[str, ...] = ()


class Retention:
    """Removes what `Keeping` no longer keeps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, keeping: Keeping, now: datetime) -> dict[str, int]:
        """Remove what is too old at ``now``; how many rows of each table. It may be stopped between two batches."""
        gone: dict[str, int] = {}
        old = now - keeping.traces
        for model, too_old in (
            (DiagnosisRow, _diagnoses(now - keeping.diagnoses)),
            (TmfDocumentRow, _documents(keeping.documents, now - keeping.diagnoses)),
            (PlannedWorkRow, PlannedWorkRow.ends_at < now - keeping.incidents),
            (BoxEventRow, BoxEventRow.at < old),
            (WebhookDeliveryRow, _deliveries(old)),
            (TokenRow, or_(TokenRow.expires_at < old, TokenRow.revoked_at < old)),
            (ParkedBoxRow, ParkedBoxRow.last_seen_at < old),
        ):
            gone[model.__tablename__] = await self._all(model, too_old)
        gone[IncidentRow.__tablename__] = await self._incidents(now - keeping.incidents)
        return {name: count for name, count in gone.items() if count}

    async def _all(self, model: type[Base], too_old: ColumnElement[bool]) -> int:
        total = 0
        while (count := await self._some(model, too_old)) > 0:
            total += count
        return total

    @uncut
    async def _some(self, model: type[Base], too_old: ColumnElement[bool]) -> int:
        """Remove one batch; how many it was."""
        async with self._database.write() as session:
            return await _drop(session, model, too_old)

    async def _incidents(self, limit: datetime) -> int:
        total = 0
        while (count := await self._some_incidents(limit)) > 0:
            total += count
        return total

    @uncut
    async def _some_incidents(self, limit: datetime) -> int:
        """Remove some incidents with their history and who was told of them."""
        old = select(IncidentRow.number).where(IncidentRow.closed_at < limit).limit(BATCH)
        async with self._database.write() as session:
            numbers: Sequence[str] = (await session.scalars(old)).all()
            for model in (IncidentChangeRow, IncidentToldRow, IncidentRow):
                drop = delete(model).where(model.number.in_(numbers)).execution_options(synchronize_session=False)
                await session.execute(drop)
        return len(numbers)


async def _drop(session: AsyncSession, model: type[Base], too_old: ColumnElement[bool]) -> int:
    key = list(model.__table__.primary_key)
    some = select(*key).where(too_old).limit(BATCH)
    drop = delete(model).where(tuple_(*key).in_(some)).returning(key[0])
    gone = await session.execute(drop.execution_options(synchronize_session=False))
    return len(gone.all())


def _diagnoses(limit: datetime) -> ColumnElement[bool]:
    attached = select(TicketDiagnosisRow.number)
    forced_over = select(TicketRow.forced_over).where(TicketRow.forced_over.is_not(None))
    return and_(
        DiagnosisRow.sent_at < limit,
        DiagnosisRow.state != DiagnosisState.RUNNING.value,
        DiagnosisRow.number.not_in(attached),
        DiagnosisRow.number.not_in(forced_over),
    )


def _documents(resources: Sequence[str], limit: datetime) -> ColumnElement[bool]:
    """Documents that stand beside no diagnosis any more; those of téléactions can be read for 48 h only."""
    return and_(
        TmfDocumentRow.resource.in_(resources),
        TmfDocumentRow.updated_at < limit,
        TmfDocumentRow.document_id.not_in(select(DiagnosisRow.number)),
    )


def _deliveries(limit: datetime) -> ColumnElement[bool]:
    """What is delivered or given up; and what still waits for a webhook that was disabled."""
    disabled = select(WebhookRow.webhook_id).where(WebhookRow.disabled_at.is_not(None))
    ended = or_(WebhookDeliveryRow.state != PENDING, WebhookDeliveryRow.webhook_id.in_(disabled))
    return and_(WebhookDeliveryRow.at < limit, ended)
