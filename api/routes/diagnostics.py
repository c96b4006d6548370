"""Diagnoses: ask, follow, read, list."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.bootstrap import Service
from api.deps import Id1Path, NumberPath, ServiceDep, TesterDep, not_kept
from api.schemas.diagnostics import (
    DiagnosisOut,
    DiagnosisRequest,
    DiagnosisSummary,
    MissingOut,
    blocks_out,
    sources_out,
    verdict_out,
)
from api.schemas.path import PathOut
from domain.identifiers import DiagnosisNumber
from domain.principal import Principal
from storage.diagnosis_record import DiagnosisRecord

router = APIRouter(prefix="/api/v1", tags=["Diagnostics"], dependencies=[Depends(not_kept)])

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="La même clé avec la même demande rend le même diagnostic pendant 48 h.",
    ),
]


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


def detail(record: DiagnosisRecord, reader: Principal) -> DiagnosisOut:
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
    return out


@router.post(
    "/accesses/{id1}/diagnostics",
    status_code=202,
    summary="Demander un test",
    response_description="Le test est accepté ; son numéro permet de le suivre.",
)
async def ask(
    id1: Id1Path,
    body: DiagnosisRequest,
    response: Response,
    who: TesterDep,
    service: ServiceDep,
    idempotency_key: IdempotencyKey = None,
) -> DiagnosisOut:
    """Start a test on an access: `Diagnostic global`, `Diagnostic DELC` or `Infos Box`."""
    record, replayed = await service.diagnoses.ask(who, id1, body.test, idempotency_key)
    response.headers["Location"] = f"/api/v1/diagnostics/{record.number}"
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return detail(record, who)


@router.get("/accesses/{id1}/diagnostics", summary="Résultats des dernières 48 h")
async def recent(id1: Id1Path, who: TesterDep, service: ServiceDep) -> list[DiagnosisSummary]:
    """The tests of an access sent in the last 48 h, newest first."""
    return [summary(record) for record in await service.diagnoses.recent(who, id1)]


@router.get("/diagnostics/{number}", summary="Lire un test, pendant et après")
async def read(number: NumberPath, who: TesterDep, service: ServiceDep) -> DiagnosisOut:
    """One test: its state while it runs, its verdict and rows after."""
    return detail(await service.diagnoses.get(who, number), who)


@router.get(
    "/diagnostics/{number}/events",
    summary="Suivre un test (SSE)",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def events(number: NumberPath, who: TesterDep, service: ServiceDep, request: Request) -> EventSourceResponse:
    """Server-sent events: ``source`` as each source is read, ``state`` at the end."""
    del request
    await service.diagnoses.get(who, number)
    return EventSourceResponse(_follow(service, who, number), ping=15)


async def _follow(service: Service, who: Principal, number: DiagnosisNumber) -> AsyncIterator[ServerSentEvent]:
    with service.bus.listen(number) as steps:
        record = await service.diagnoses.get(who, number)  # after listening: nothing falls between the two
        yield _event("state", {"state": record.state.value})
        while not record.state.final:
            step = await steps.get()
            yield _event(step.kind, step.data)
            if step.final:
                return


def _event(kind: str, data: dict[str, object]) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data, ensure_ascii=False), event=kind)
