"""Ended diagnoses as they were written, of every operator: for whoever runs the service, to replay them.

No route is given this repository: what it reads is not filtered by operator.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from domain.errors import NotFoundError
from domain.identifiers import DiagnosisNumber
from storage.database import Database
from storage.tables import DiagnosisRow
from storage.uncut import uncut

BATCH = 500
"""Diagnoses in memory at once: some 10 MB."""


def digest_of(snapshot: str, diagnosis: str) -> str:
    """SHA-256 of what a verdict was drawn from and of the verdict, as they are written."""
    return hashlib.sha256(f"{snapshot}\n{diagnosis}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class KeptDiagnosis:
    """A diagnosis as it is written.

    Attributes:
        state: The screen's `Etat`.
        snapshot: Canonical JSON, secrets included; ``None`` where the test did not end with a verdict.
        diagnosis: The same, of the verdict.
        ruleset: Version of the rule-set that decided.
        code_version: Version of the code that decided.
        digest: What `digest_of` gave when it was written; ``None`` before there were digests.
    """

    number: DiagnosisNumber
    state: str
    snapshot: str | None = field(repr=False)
    diagnosis: str | None = field(repr=False)
    ruleset: str | None
    code_version: str
    digest: str | None

    @property
    def altered(self) -> bool:
        """Whether the texts are not those that were written."""
        texts = (self.snapshot or "", self.diagnosis or "")
        return self.digest is not None and self.digest != digest_of(*texts)


class KeptDiagnoses:
    """Reads ended diagnoses of every operator."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def get(self, number: DiagnosisNumber) -> KeptDiagnosis:
        """One diagnosis, whatever its age; raises `NotFoundError`."""
        async with self._database.read() as session:
            row = await session.get(DiagnosisRow, str(number))
        if row is None:
            raise NotFoundError("diagnosis", str(number))
        return _kept(row)

    async def stream(
        self, since: datetime | None = None, until: datetime | None = None, limit: int | None = None
    ) -> AsyncIterator[list[KeptDiagnosis]]:
        """The verdicts of tests sent from ``since`` to before ``until``, by number, `BATCH` at a time."""
        after, left = "", limit
        while left is None or left > 0:
            batch = await self._after(after, since, until, BATCH if left is None else min(BATCH, left))
            if not batch:
                return
            yield batch
            after = str(batch[-1].number)
            left = None if left is None else left - len(batch)

    @uncut
    async def _after(
        self, number: str, since: datetime | None, until: datetime | None, count: int
    ) -> list[KeptDiagnosis]:
        query = select(DiagnosisRow).where(DiagnosisRow.number > number, DiagnosisRow.diagnosis.is_not(None))
        if since is not None:
            query = query.where(DiagnosisRow.sent_at >= since)
        if until is not None:
            query = query.where(DiagnosisRow.sent_at < until)
        async with self._database.read() as session:
            return [_kept(row) for row in await session.scalars(query.order_by(DiagnosisRow.number).limit(count))]


def _kept(row: DiagnosisRow) -> KeptDiagnosis:
    return KeptDiagnosis(
        number=DiagnosisNumber(row.number),
        state=row.state,
        snapshot=row.snapshot,
        diagnosis=row.diagnosis,
        ruleset=row.ruleset,
        code_version=row.code_version,
        digest=row.digest,
    )
