"""A diagnosis as the API shows it. Labels are the e-SAV screen's, exactly."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.path import PathOut
from domain.access import TestName
from domain.appointment import AppointmentType
from domain.principal import Principal, Right
from domain.reading import Quality, Reason
from domain.secret import MASK
from domain.snapshot import Outcome, Snapshot, SourceKind
from domain.verdict import Defect, Diagnosis, Family, Finding, Owner, Prelocalisation, ResultCode, Row, Scope, Severity


class DiagnosisRequest(BaseModel):
    """What an agent asks for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"test": "Diagnostic global"}]})

    test: Annotated[TestName, Field(description="« Diagnostic global », « Diagnostic DELC » or « Infos Box »")]


class DiagnosesRequest(BaseModel):
    """The tests that an agent ticks."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"tests": ["Diagnostic DELC", "Infos Box"]}]}
    )

    tests: Annotated[list[TestName], Field(min_length=1, max_length=len(TestName), description="Tests to run")]


class AppointmentOut(BaseModel):
    """The appointment that the verdict needs; ``type`` is null where the building is not described."""

    model_config = ConfigDict(from_attributes=True)

    type: AppointmentType | None
    first_day: date
    last_day: date


class RowOut(BaseModel):
    """One line `Libellé` | `Valeur`; ``reason`` says why a value was not measured."""

    label: str
    value: str
    reason: Reason | None
    masked: bool
    at: datetime | None
    source: str
    quality: Quality

    @classmethod
    def of(cls, row: Row, reader: Principal) -> Self:
        """The row as this reader may see it: a secret is masked without the right to see it."""
        hidden = row.secret and row.reason is None and not reader.may(Right.ONT_SECRETS)
        return cls(
            label=row.label,
            value=MASK if hidden else row.value,
            reason=row.reason,
            masked=hidden,
            at=row.at,
            source=row.source,
            quality=row.quality,
        )


class BlockOut(BaseModel):
    """One block of rows, `Diagnostic DELC` or `Infos Box`."""

    title: str
    rows: list[RowOut]


class EvidenceOut(BaseModel):
    """One fact for or against a finding."""

    model_config = ConfigDict(from_attributes=True)

    text: str
    metrics: list[str]
    at: datetime | None


class LedCheckOut(BaseModel):
    """A light that the customer is asked to look at: what it shows if the finding is right, what it means otherwise."""

    model_config = ConfigDict(from_attributes=True)

    equipment: str
    led: str
    expected: str
    otherwise: str


class FindingOut(BaseModel):
    """What one rule found."""

    model_config = ConfigDict(from_attributes=True)

    rule: str
    title: str
    family: Family
    prelocalisation: Prelocalisation
    scope: Scope
    severity: Severity
    confidence: float
    owner: Owner
    defect: Defect | None
    action: str
    evidence_for: list[EvidenceOut]
    evidence_against: list[EvidenceOut]
    decider: str | None
    teleaction: str | None
    checks: list[LedCheckOut]

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """The finding, JSON-ready."""
        return cls.model_validate(finding, from_attributes=True)


class MissingOut(BaseModel):
    """Something that was not measured, and why."""

    model_config = ConfigDict(from_attributes=True)

    what: str
    why: str


class SourceOut(BaseModel):
    """What came of asking one source."""

    model_config = ConfigDict(from_attributes=True)

    kind: SourceKind
    outcome: Outcome
    reason: Reason | None
    elapsed_ms: float
    requests: int


class VerdictOut(BaseModel):
    """The verdict of a finished test."""

    model_config = ConfigDict(from_attributes=True)

    family: Family
    result: ResultCode
    defect: Defect | None
    prelocalisation: Prelocalisation
    scope: Scope
    severity: Severity
    confidence: float
    owner: Owner
    synthesis: str
    interpretation: str
    action: str
    teleaction: str | None
    checks: list[LedCheckOut]
    findings: list[FindingOut]
    ruleset: str


class DiagnosisSummary(BaseModel):
    """One line of « Résultats des diagnostics »."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": "190509-1029-2879560",
                    "access": "F00000015",
                    "test": "Diagnostic global",
                    "service_type": "FTTHMB1P",
                    "sent_at": "2019-05-09T08:29:00Z",
                    "updated_at": "2019-05-09T08:30:00Z",
                    "state": "Terminé",
                    "result": "OK",
                    "code": "OK_SESSION_INACTIVE",
                    "failure": None,
                }
            ]
        }
    )

    number: str
    access: str
    test: TestName
    service_type: str
    sent_at: datetime
    updated_at: datetime
    state: str
    result: ResultCode | None
    code: Family | None
    failure: str | None


class DiagnosisOut(DiagnosisSummary):
    """A diagnosis, while it runs and after."""

    duration_ms: float | None = None
    verdict: VerdictOut | None = None
    appointment: AppointmentOut | None = None
    blocks: list[BlockOut] = []
    not_measured: list[MissingOut] = []
    sources: list[SourceOut] = []
    path: PathOut | None = None
    incident: str | None = None
    """The collective incident that was known to cover the access when the test began."""


def verdict_out(diagnosis: Diagnosis) -> VerdictOut:
    """The verdict, JSON-ready."""
    return VerdictOut.model_validate(diagnosis, from_attributes=True)


def blocks_out(diagnosis: Diagnosis, reader: Principal) -> list[BlockOut]:
    """The blocks as this reader may see them."""
    return [
        BlockOut(title=block.title, rows=[RowOut.of(row, reader) for row in block.rows]) for block in diagnosis.blocks
    ]


def sources_out(snapshot: Snapshot) -> list[SourceOut]:
    """The story of each source."""
    return [SourceOut.model_validate(report, from_attributes=True) for report in snapshot.sources]
