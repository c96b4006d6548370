"""What is told of an OLT: its onboarding, its reconciliation, its load, what polling brings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.inventory import REACHED, VENDOR_FORM, OltIn
from collectors.load import Usage
from collectors.onboarding import AUTO
from collectors.polled import Polled
from collectors.reconciliation import FindingKind, Report, Unchecked
from collectors.reconciliation_text import Language, note, sentence
from collectors.register import drivers
from domain.load import LoadContract
from domain.reading import Reason


def _recognised(schema: dict[str, Any]) -> None:
    schema["enum"] = [AUTO, *sorted(drivers())]


class OnboardingIn(OltIn):
    """How to reach an OLT that is not declared yet; its vendor is recognised where it is not said."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"host": "192.0.2.10", "community": "a-community"}], **REACHED}
    )

    vendor: Annotated[str, Field(pattern=VENDOR_FORM, json_schema_extra=_recognised)] = AUTO


class LoadOut(BaseModel):
    """What an OLT is allowed and was asked since the service started.

    ``pdus`` counts requests sent, repetitions included, ``live_pdus`` those of live reads; ``held`` the times that one
    waited for the rate, ``refused`` the reads that the breaker, the quiet hours or a spent cycle refused; ``silent``
    tells that the breaker keeps polling away.
    """

    olt: str
    contract: LoadContract
    pdus: int
    live_pdus: int
    in_flight: int
    live_in_flight: int
    cycle_varbinds: int
    held: int
    refused: int
    silent: bool

    @classmethod
    def of(cls, olt: str, usage: Usage) -> Self:
        """The usage as a document."""
        values = {name: getattr(usage, name) for name in cls.model_fields if name not in {"olt", "contract"}}
        return cls(olt=olt, contract=usage.contract, **values)


class ColumnOut(BaseModel):
    """One column of an OLT: when it last brought a value, and how much of it was known then."""

    metric: str
    at: datetime | None
    age_s: float | None
    asked_at: datetime
    known: int
    rows: int
    reason: Reason | None


class CollectionOut(BaseModel):
    """What polling has brought of an OLT since the service started; ``null``: nothing yet."""

    olt: str
    last_walk: datetime | None
    last_cycle: datetime | None
    last_failure: datetime | None
    why: str
    state: Literal["never_read", "read", "failing"]
    gaps: dict[str, Reason]
    columns: list[ColumnOut]

    @classmethod
    def of(cls, olt: str, polled: Polled, now: datetime) -> Self:
        """What is known, with its age at ``now``."""
        columns = [
            ColumnOut(
                metric=metric.key,
                at=state.at,
                age_s=None if state.at is None else (now - state.at).total_seconds(),
                asked_at=state.asked_at,
                known=state.known,
                rows=state.rows,
                reason=state.reason,
            )
            for metric, state in sorted(polled.columns.items(), key=lambda item: item[0].key)
        ]
        return cls(
            olt=olt,
            last_walk=polled.walked,
            last_cycle=polled.cycled,
            last_failure=polled.failed,
            why=polled.why,
            state="never_read" if polled.healthy is None else "read" if polled.healthy else "failing",
            gaps=polled.gaps,
            columns=columns,
        )


class FindingOut(BaseModel):
    """One difference between the inventory and the OLT."""

    kind: FindingKind
    ont: str | None
    params: dict[str, str]
    text: str


class NotCheckedOut(BaseModel):
    """One place that could not be compared, and why."""

    ont: str
    why: Unchecked
    reason: Reason | None


class ReconciliationOut(BaseModel):
    """The inventory against the last walk of the OLT. ``note`` tells of the places ``without_serial``."""

    olt: str
    walked_at: datetime
    age_s: float
    matching: int
    expected: int
    seen: int
    without_serial: int
    note: str | None
    counts: dict[FindingKind, int]
    findings: list[FindingOut]
    not_checked: list[NotCheckedOut]

    @classmethod
    def of(cls, report: Report, walked_at: datetime, now: datetime, language: Language) -> Self:
        """The report, its sentences in the reader's language."""
        return cls(
            olt=report.olt,
            walked_at=walked_at,
            age_s=(now - walked_at).total_seconds(),
            matching=report.matching,
            expected=report.expected,
            seen=report.seen,
            without_serial=report.without_serial,
            note=note(report, language),
            counts=dict(report.counts),
            findings=[
                FindingOut(
                    kind=one.kind,
                    ont=None if one.ont is None else str(one.ont),
                    params=dict(one.params),
                    text=sentence(one, language),
                )
                for one in report.findings
            ],
            not_checked=[NotCheckedOut(ont=str(one.ont), why=one.why, reason=one.reason) for one in report.not_checked],
        )


class OnboardingOut(BaseModel):
    """What a new OLT is, gives and may be asked, with its first inventory.

    ``snmp`` is the version that its agent speaks: with v1 no 64-bit counter is read, and no cycle by columns.
    ``capabilities`` tells by group what answered, what was empty and why, and what the driver does not give;
    ``contract`` is proposed from what was ``measured``; ``accepted``: it is in force from now on. Nothing else is kept.
    """

    olt: str
    vendor: str
    software: str | None
    snmp: Literal["v1", "v2c", "v3"]
    cli: dict[str, Any] | None
    capabilities: list[dict[str, Any]]
    driver: dict[str, Any]
    measured: dict[str, float]
    contract: LoadContract
    accepted: bool
    inventory: dict[str, Any]
