"""A diagnosis as the records hold it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain import codec
from domain.access import TestName
from domain.identifiers import DiagnosisNumber, Id1
from domain.snapshot import Snapshot
from domain.verdict import Diagnosis, Family, ResultCode
from storage.tables import DiagnosisRow

HISTORY = timedelta(hours=48)
"""« l'historique des diagnostics est disponible 48h seulement », counted from `Date d'envoi` (ADR-0007)."""


class DiagnosisState(StrEnum):
    """Column `Etat` of the screen; only « Terminé » is stated there, the others follow its manner."""

    RUNNING = "En cours"
    DONE = "Terminé"
    FAILED = "En échec"

    @property
    def final(self) -> bool:
        """Whether nothing more will come."""
        return self is not DiagnosisState.RUNNING


@dataclass(frozen=True, slots=True)
class NewDiagnosis:
    """What is asked.

    Attributes:
        service_type: `Type prestation` of the access at that time.
        sent_at: `Date d'envoi`.
        account: Who asks.
        code_version: Version of the code that accepts it.
    """

    id1: Id1
    test: TestName
    service_type: str
    sent_at: datetime
    account: str
    code_version: str


@dataclass(frozen=True, slots=True)
class DiagnosisRecord:
    """One line of « Résultats des diagnostics », and its detail when it was asked for.

    Attributes:
        updated_at: `Date de dernière mise à jour`.
        duration_ms: From accepted to decided; ``None`` until then.
        result: The screen's `Diagnostic`; ``None`` until it ends.
        family: The screen's `Code`; ``None`` until it ends.
        ruleset: Version of the rule-set that decided.
        failure: Why it failed, a stable word.
        snapshot: What it was drawn from; ``None`` in lists. Holds secrets.
        diagnosis: The verdict; ``None`` in lists. Holds secrets.
    """

    operator_id: str
    number: DiagnosisNumber
    id1: Id1
    test: TestName
    service_type: str
    account: str
    state: DiagnosisState
    sent_at: datetime
    updated_at: datetime
    code_version: str
    duration_ms: float | None = None
    result: ResultCode | None = None
    family: Family | None = None
    ruleset: str | None = None
    failure: str | None = None
    snapshot: Snapshot | None = field(default=None, repr=False)
    diagnosis: Diagnosis | None = field(default=None, repr=False)


def record_of(row: DiagnosisRow, *, detail: bool) -> DiagnosisRecord:
    """The record of a row; its snapshot and verdict with ``detail`` only (the row must have them loaded)."""
    return DiagnosisRecord(
        operator_id=row.operator_id,
        number=DiagnosisNumber(row.number),
        id1=Id1(row.id1),
        test=TestName(row.test),
        service_type=row.service_type,
        account=row.account,
        state=DiagnosisState(row.state),
        sent_at=row.sent_at,
        updated_at=row.updated_at,
        code_version=row.code_version,
        duration_ms=row.duration_ms,
        result=None if row.result is None else ResultCode(row.result),
        family=None if row.family is None else Family(row.family),
        ruleset=row.ruleset,
        failure=row.failure,
        snapshot=codec.load(Snapshot, row.snapshot) if detail and row.snapshot is not None else None,
        diagnosis=codec.load(Diagnosis, row.diagnosis) if detail and row.diagnosis is not None else None,
    )
