"""Diagnoses: asked, running, ended; kept with their snapshot, their rule-set and their code version."""

from __future__ import annotations

import builtins
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Executable, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from domain import codec
from domain.announcement import Announcement
from domain.errors import ConflictError, NotFoundError
from domain.identifiers import DiagnosisNumber, Id1
from domain.principal import Principal
from domain.snapshot import Snapshot
from domain.verdict import Diagnosis
from storage.announcing import announce_in
from storage.database import Database
from storage.diagnosis_record import DiagnosisRecord, DiagnosisState, NewDiagnosis, record_of
from storage.idempotency import Idempotency
from storage.kept_diagnoses import digest_of
from storage.numbering import Draw, diagnosis_number, draw_sequence
from storage.scope import WHO, mine, mine_at_once
from storage.tables import DiagnosisRow, table_of
from storage.uncut import uncut

Announce = Callable[["DiagnosisRecord"], Sequence[Announcement]]
"""What the operator's systems are told of a diagnosis that has changed state."""

__all__ = ["Diagnoses", "DiagnosisRecord", "DiagnosisState", "NewDiagnosis"]

_DRAWS = 20
"""Draws of a free number before giving up: with 10 000 tests in one minute, 1 draw in 1000 hits a number in use."""


_ONE = mine_at_once(DiagnosisRow).where(DiagnosisRow.number == bindparam("diagnosis"))
_RECENT = (
    mine_at_once(DiagnosisRow, "snapshot", "diagnosis")
    .where(DiagnosisRow.id1 == bindparam("access"), DiagnosisRow.sent_at >= bindparam("since"))
    .order_by(DiagnosisRow.sent_at.desc(), DiagnosisRow.number.desc())
)
_TABLE = table_of(DiagnosisRow)
_COLUMNS = _TABLE.c
_MINE = (_COLUMNS.operator_id == bindparam(WHO), _COLUMNS.number == bindparam("which"))
_END = update(_TABLE).where(*_MINE, _COLUMNS.state == DiagnosisState.RUNNING.value).returning(_COLUMNS.number)
_KNOWN = select(_COLUMNS.number).where(*_MINE)


class _NumberTakenError(Exception):
    """The number drawn is in use: draw another."""


class Diagnoses:
    """Keeps diagnoses, each operator's apart."""

    def __init__(self, database: Database, idempotency: Idempotency, draw: Draw = draw_sequence) -> None:
        self._database = database
        self._idempotency = idempotency
        self._draw = draw

    @uncut
    async def create(
        self, who: Principal, new: NewDiagnosis, key: str | None = None, announce: Announce | None = None
    ) -> tuple[DiagnosisRecord, bool]:
        """Keep a test as « En cours » under a number of its own, in one transaction with its idempotency key.

        Returns its record, and whether an earlier request with the same key had asked for it. Raises `ConflictError`
        when the key was used for another access or test, `NotFoundError` when the access is not the operator's.
        """
        for _ in range(_DRAWS):
            record = _new(who, new, diagnosis_number(new.sent_at, self._draw()))
            try:
                earlier = await self._create(who, record, key, () if announce is None else announce(record))
            except _NumberTakenError:
                continue
            return (record, False) if earlier is None else (await self.get(who, earlier), True)
        raise ConflictError("diagnosis", str(record.number), "no free number in this minute")

    @uncut
    async def finish(
        self,
        who: Principal,
        number: DiagnosisNumber,
        snapshot: Snapshot,
        diagnosis: Diagnosis,
        at: datetime,
        elapsed_ms: float,
        told: Sequence[Announcement] = (),
    ) -> None:
        """End a running test with its verdict; raises `NotFoundError`, or `ConflictError` when it has ended already."""
        drawn_from, verdict = codec.dump(snapshot), codec.dump(diagnosis)
        await self._end(
            who,
            number,
            told,
            state=DiagnosisState.DONE.value,
            updated_at=at,
            duration_ms=elapsed_ms,
            result=diagnosis.result.value,
            family=diagnosis.family.value,
            ruleset=diagnosis.ruleset,
            snapshot=drawn_from,
            diagnosis=verdict,
            digest=digest_of(drawn_from, verdict),
        )

    @uncut
    async def fail(
        self,
        who: Principal,
        number: DiagnosisNumber,
        at: datetime,
        reason: str,
        told: Sequence[Announcement] = (),
    ) -> None:
        """End a running test without verdict; ``reason`` is a stable word. Raises as `finish` does."""
        await self._end(who, number, told, state=DiagnosisState.FAILED.value, updated_at=at, failure=reason[:200])

    @uncut
    async def fail_unfinished(self, at: datetime, reason: str, announce: Announce | None = None) -> int:
        """At the start of the service: end what a stop left running, for every operator; returns how many."""
        change = (
            update(DiagnosisRow)
            .where(DiagnosisRow.state == DiagnosisState.RUNNING.value)
            .values(state=DiagnosisState.FAILED.value, updated_at=at, failure=reason[:200])
            .returning(DiagnosisRow)
            .execution_options(synchronize_session=False)
        )
        async with self._database.write() as session:
            ended = [record_of(row, detail=False) for row in await session.scalars(change)]
            if announce is not None:
                for record in ended:
                    await announce_in(session, record.operator_id, announce(record))
        return len(ended)

    async def get(self, who: Principal, number: DiagnosisNumber, since: datetime | None = None) -> DiagnosisRecord:
        """One diagnosis with its detail; raises `NotFoundError`, also when it was sent before ``since``."""
        row = await self._database.row(_ONE, {WHO: who.operator_id, "diagnosis": str(number)})
        if row is None or (since is not None and row.sent_at < since):
            raise NotFoundError("diagnosis", str(number))
        return record_of(row, detail=True)

    async def recent(self, who: Principal, id1: Id1, since: datetime) -> builtins.list[DiagnosisRecord]:
        """The diagnoses of an access sent since then, newest first, without their detail."""
        rows = await self._database.rows(_RECENT, {WHO: who.operator_id, "access": str(id1), "since": since})
        return [record_of(row, detail=False) for row in rows]

    @uncut
    async def sent_since(self, who: Principal, since: datetime, limit: int = 10_000) -> builtins.list[DiagnosisRecord]:
        """Every diagnosis of the operator sent since then, newest first, without their detail."""
        query = (
            mine(DiagnosisRow, who)
            .where(DiagnosisRow.sent_at >= since)
            .order_by(DiagnosisRow.sent_at.desc(), DiagnosisRow.number.desc())
            .options(defer(DiagnosisRow.snapshot, raiseload=True), defer(DiagnosisRow.diagnosis, raiseload=True))
            .limit(limit)
        )
        async with self._database.read() as session:
            return [record_of(row, detail=False) for row in await session.scalars(query)]

    async def _create(
        self, who: Principal, record: DiagnosisRecord, key: str | None, told: Sequence[Announcement]
    ) -> DiagnosisNumber | None:
        try:
            async with self._database.write_at_once() as session:
                if key is not None:
                    fingerprint = _fingerprint(record)
                    earlier = await self._idempotency.claim_in(
                        session, who, key, fingerprint, str(record.number), record.sent_at
                    )
                    if earlier is not None:
                        return DiagnosisNumber(earlier)
                await self._insert(session, record)
                await announce_in(session, who.operator_id, told)
        except IntegrityError:  # the only key that can miss: the access of this operator
            raise NotFoundError("access", str(record.id1)) from None
        return None

    async def _insert(self, session: AsyncSession, record: DiagnosisRecord) -> None:
        values = {
            "operator_id": record.operator_id,
            "number": str(record.number),
            "id1": str(record.id1),
            "test": record.test.value,
            "service_type": record.service_type,
            "account": record.account,
            "state": record.state.value,
            "sent_at": record.sent_at,
            "updated_at": record.updated_at,
            "code_version": record.code_version,
        }
        if (await session.execute(self._started, values)).first() is None:
            raise _NumberTakenError

    @cached_property
    def _started(self) -> Executable:
        insert = self._database.insert(DiagnosisRow)
        return insert.on_conflict_do_nothing(index_elements=["number"]).returning(_COLUMNS.number)

    async def _end(self, who: Principal, number: DiagnosisNumber, told: Sequence[Announcement], **values: Any) -> None:
        which = {WHO: who.operator_id, "which": str(number)}
        async with self._database.write_at_once() as session:
            if await session.scalar(_END, which | values) is not None:
                await announce_in(session, who.operator_id, told)
                return
            if await session.scalar(_KNOWN, which) is None:
                raise NotFoundError("diagnosis", str(number))
        raise ConflictError("diagnosis", str(number), "it has ended already")


def _new(who: Principal, new: NewDiagnosis, number: DiagnosisNumber) -> DiagnosisRecord:
    return DiagnosisRecord(
        operator_id=who.operator_id,
        number=number,
        id1=new.id1,
        test=new.test,
        service_type=new.service_type,
        account=new.account,
        state=DiagnosisState.RUNNING,
        sent_at=new.sent_at,
        updated_at=new.sent_at,
        code_version=new.code_version,
    )


def _fingerprint(record: DiagnosisRecord) -> str:
    return hashlib.sha256(f"{record.id1}\n{record.test.value}".encode()).hexdigest()
