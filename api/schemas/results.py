"""Diagnoses as their readers see them: in a list, and whole."""

from __future__ import annotations

from api.schemas.diagnostics import (
    AppointmentOut,
    DiagnosisOut,
    DiagnosisSummary,
    MissingOut,
    blocks_out,
    sources_out,
    verdict_out,
)
from api.schemas.path import PathOut
from domain.appointment import Appointment
from domain.principal import Principal
from storage.diagnosis_record import DiagnosisRecord


def summary(record: DiagnosisRecord) -> DiagnosisSummary:
    """One line of the list."""
    return DiagnosisSummary(**_summary_fields(record))


def _summary_fields(record: DiagnosisRecord) -> dict[str, object]:
    return {
        "number": str(record.number),
        "access": str(record.id1),
        "test": record.test,
        "service_type": record.service_type,
        "sent_at": record.sent_at,
        "updated_at": record.updated_at,
        "state": record.state.value,
        "result": record.result,
        "code": record.family,
        "failure": record.failure,
    }


def detail(record: DiagnosisRecord, reader: Principal, appointment: Appointment | None = None) -> DiagnosisOut:
    """The whole of a diagnosis, as this reader may see it."""
    out = DiagnosisOut.model_validate({**_summary_fields(record), "duration_ms": record.duration_ms})
    if record.diagnosis is not None:
        out.verdict = verdict_out(record.diagnosis)
        out.path = PathOut.of(record.diagnosis.path)
        out.blocks = blocks_out(record.diagnosis, reader)
        out.not_measured = [MissingOut(what=item.what, why=item.why) for item in record.diagnosis.not_measured]
    if record.snapshot is not None:
        out.sources = sources_out(record.snapshot)
        out.incident = None if record.snapshot.incident is None else record.snapshot.incident.number
    if appointment is not None:
        out.appointment = AppointmentOut.model_validate(appointment, from_attributes=True)
    return out
