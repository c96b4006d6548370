"""The queue of téléactions in the records. Implements `domain.teleaction_ports.Jobs`.

A lease is two columns of the job: its owner and its end. A worker killed in the middle loses it when it ends; on
SQLite, where one service holds the file, the next start takes its jobs over at once (`take_over`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import codec
from domain.identifiers import Id1
from domain.teleaction import (
    ActionNumber,
    ActionState,
    Effect,
    Job,
    LineState,
    Sentence,
    Target,
    TargetKind,
)
from storage.audit import Entry, append_in
from storage.database import Database
from storage.tables import TeleactionJobRow, TeleactionRow
from storage.teleaction_news import TeleactionNews
from storage.teleaction_record import dump_effect, effect_body, ended_body
from storage.uncut import uncut


class TeleactionJobs:
    """Hands jobs to workers and keeps what they report. Works for every operator: each job carries its own."""

    def __init__(self, database: Database, news: TeleactionNews) -> None:
        self._database = database
        self._news = news

    @uncut
    async def claim(self, owner: str, now: datetime, until: datetime, limit: int) -> Sequence[Job]:
        """Take jobs that are due and that nobody holds."""
        due = (
            select(TeleactionJobRow.number)
            .where(TeleactionJobRow.run_at <= now, _free(now))
            .order_by(TeleactionJobRow.run_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        async with self._database.write() as session:
            numbers = list(await session.scalars(due))
            if not numbers:
                return ()
            await session.execute(
                update(TeleactionJobRow)
                .where(TeleactionJobRow.number.in_(numbers))
                .values(owner=owner, lease_until=until, tries=TeleactionJobRow.tries + 1)
                .execution_options(synchronize_session=False)
            )
            query = (
                select(TeleactionJobRow, TeleactionRow)
                .join(TeleactionRow, TeleactionRow.number == TeleactionJobRow.number)
                .where(TeleactionJobRow.number.in_(numbers))
                .order_by(TeleactionJobRow.run_at)
            )
            return [_job(job, row) for job, row in await session.execute(query)]

    @uncut
    async def take_over(self) -> int:
        """End every lease: for who alone holds the records, at its start. How many there were."""
        change = (
            update(TeleactionJobRow)
            .where(TeleactionJobRow.owner.is_not(None))
            .values(owner=None, lease_until=None)
            .returning(TeleactionJobRow.number)
            .execution_options(synchronize_session=False)
        )
        async with self._database.write() as session:
            return len((await session.scalars(change)).all())

    @uncut
    async def renew(self, owner: str, numbers: Sequence[str], until: datetime) -> None:
        """Hold on to these jobs; the leases of others end."""
        async with self._database.write_at_once() as session:
            await session.execute(
                update(TeleactionJobRow)
                .where(TeleactionJobRow.owner == owner, TeleactionJobRow.number.in_(numbers))
                .values(lease_until=until)
                .execution_options(synchronize_session=False)
            )

    @uncut
    async def next_due(self, now: datetime) -> datetime | None:
        """When the next job is due that nobody holds, or the next lease ends; ``None`` when nothing waits."""
        free = select(func.min(TeleactionJobRow.run_at)).where(TeleactionJobRow.run_at.is_not(None), _free(now))
        held = select(func.min(TeleactionJobRow.lease_until)).where(TeleactionJobRow.lease_until > now)
        async with self._database.read() as session:
            found: list[datetime | None] = [await session.scalar(free), await session.scalar(held)]
        return min((instant for instant in found if instant is not None), default=None)

    @uncut
    async def started(self, job: Job, owner: str, now: datetime) -> bool:
        """It is being carried out."""
        async with self._database.write() as session:
            if not await self._held(session, job, owner):
                return False
            entry = Entry(job.operator_id, now, "started", str(job.number), {"worker": owner, "try": job.tries})
            await self._note(session, job, entry, state=ActionState.RUNNING.value, updated_at=now)
            await self._news.tell_in(session, job.number)
        return True

    @uncut
    async def acting(self, job: Job, owner: str, now: datetime, before: LineState) -> bool:
        """It is about to be sent; committed on return. From here on it is never sent again."""
        async with self._database.write() as session:
            if not await self._held(session, job, owner, TeleactionRow.acting_at.is_(None)):
                return False
            shown = before.shown()
            body = {"key": job.number.key, "worker": owner, "before": shown}
            entry = Entry(job.operator_id, now, "acting", str(job.number), body)
            text = json.dumps(shown, ensure_ascii=False, sort_keys=True)
            await self._note(session, job, entry, acting_at=now, updated_at=now, before=text)
            await self._change(session, job, state_before=codec.dump(before))
        return True

    @uncut
    async def unsettled(self, job: Job, owner: str, now: datetime, again_at: datetime, said: Sentence) -> bool:
        """What became of it is not known yet; it is settled again at ``again_at``."""
        effect = Effect(ActionState.UNKNOWN, said, healthy=False)
        async with self._database.write() as session:
            if not await self._held(session, job, owner):
                return False
            values: dict[str, Any] = {
                "state": ActionState.UNKNOWN.value,
                "updated_at": now,
                "effect": dump_effect(effect),
            }
            entry = Entry(job.operator_id, now, "unknown", str(job.number), effect_body(effect))
            await self._note(session, job, entry, **values)
            await self._change(session, job, owner=None, lease_until=None, run_at=again_at)
        return True

    @uncut
    async def ended(self, job: Job, owner: str, now: datetime, effect: Effect, after: LineState | None) -> bool:
        """It has ended with that effect (or was refused): its job is gone, its secrets with it."""
        shown = {} if after is None else after.shown()
        async with self._database.write() as session:
            row = await self._held(session, job, owner)
            if row is None:
                return False
            body = {**ended_body(row, effect), "after": shown, "worker": owner}
            entry = Entry(job.operator_id, now, "ended", str(job.number), body)
            values = {"state": effect.state.value, "updated_at": now, "effect": dump_effect(effect)}
            values["after"] = json.dumps(shown, ensure_ascii=False, sort_keys=True)
            await self._note(session, job, entry, **values)
            gone = await session.get(TeleactionJobRow, str(job.number))
            await session.delete(gone)
            await self._news.tell_in(session, job.number)
        return True

    async def _held(
        self, session: AsyncSession, job: Job, owner: str, *also: ColumnElement[bool]
    ) -> TeleactionRow | None:
        """The record, while the lease of its job is ``owner``'s."""
        query = (
            select(TeleactionRow)
            .join(TeleactionJobRow, TeleactionJobRow.number == TeleactionRow.number)
            .where(TeleactionJobRow.number == str(job.number), TeleactionJobRow.owner == owner, *also)
            .with_for_update()
        )
        found: TeleactionRow | None = await session.scalar(query)
        return found

    async def _note(self, session: AsyncSession, job: Job, entry: Entry, **values: Any) -> None:
        seq, digest = await append_in(session, entry)
        await session.execute(
            update(TeleactionRow)
            .where(TeleactionRow.number == str(job.number))
            .values(**values, audit_seq=seq, audit_hash=digest)
            .execution_options(synchronize_session=False)
        )

    async def _change(self, session: AsyncSession, job: Job, **values: Any) -> None:
        await session.execute(
            update(TeleactionJobRow)
            .where(TeleactionJobRow.number == str(job.number))
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(TeleactionJobRow.owner.is_(None), and_(TeleactionJobRow.lease_until <= now))


def _job(job: TeleactionJobRow, row: TeleactionRow) -> Job:
    return Job(
        number=ActionNumber(row.number),
        operator_id=row.operator_id,
        account=row.account,
        id1=None if row.id1 is None else Id1(row.id1),
        action=row.action,
        target=Target(TargetKind(row.kind), row.target, row.pon),
        parameters=json.loads(job.payload),
        asked_at=row.asked_at,
        state=ActionState(row.state),
        acting_at=row.acting_at,
        before=None if job.state_before is None else codec.load(LineState, job.state_before),
        expires_at=job.expires_at,
        tries=job.tries,
    )
