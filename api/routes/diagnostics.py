"""Diagnoses: ask, follow, read, list."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.bootstrap import Service
from api.deps import Id1Path, NumberPath, ServiceDep, TesterDep, not_kept
from api.routing import Router
from api.schemas.diagnostics import DiagnosesRequest, DiagnosisOut, DiagnosisRequest, DiagnosisSummary
from api.schemas.problems import problems
from api.schemas.results import detail, summary
from api.services.result_files import as_csv, as_pdf
from domain.identifiers import DiagnosisNumber
from domain.principal import Principal

router = Router(
    prefix="/api/v1",
    tags=["Diagnostics"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 422),
)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key with the same request gives the same diagnosis for 48 h.",
    ),
]


@router.post(
    "/accesses/{id1}/diagnostics",
    status_code=202,
    operation_id="ask_diagnosis",
    summary="Ask for a test",
    response_description="The test is accepted; its number lets it be followed.",
    responses=problems(401, 403, 404, 409, 422, 429),
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


@router.post(
    "/accesses/{id1}/diagnostic-requests",
    status_code=202,
    operation_id="ask_diagnoses",
    summary="Ask for several tests",
    response_description="The tests are accepted, all or none, in the order of the screen.",
    responses=problems(401, 403, 404, 409, 422, 429),
)
async def ask_several(
    id1: Id1Path,
    body: DiagnosesRequest,
    response: Response,
    who: TesterDep,
    service: ServiceDep,
    idempotency_key: IdempotencyKey = None,
) -> list[DiagnosisSummary]:
    """Start the tests that are ticked: one diagnosis each."""
    asked = await service.diagnoses.ask_all(who, id1, body.tests, idempotency_key)
    if all(replayed for _, replayed in asked):
        response.headers["Idempotency-Replayed"] = "true"
    return [summary(record) for record, _ in asked]


@router.get("/accesses/{id1}/diagnostics", operation_id="list_access_diagnoses", summary="Results of the last 48 h")
async def recent(id1: Id1Path, who: TesterDep, service: ServiceDep) -> list[DiagnosisSummary]:
    """The tests of an access sent in the last 48 h, newest first."""
    return [summary(record) for record in await service.diagnoses.recent(who, id1)]


@router.get("/diagnostics/{number}", operation_id="read_diagnosis", summary="Read a test, while it runs and after")
async def read(number: NumberPath, who: TesterDep, service: ServiceDep) -> DiagnosisOut:
    """One test: its state while it runs, its verdict and rows after."""
    record = await service.diagnoses.get(who, number)
    return detail(record, who, await service.lifecycle.appointment(who, record))


@router.get(
    "/diagnostics/{number}/result.csv",
    operation_id="read_diagnosis_csv",
    summary="Result as CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **problems(401, 403, 404, 422)},
)
async def csv_file(number: NumberPath, who: TesterDep, service: ServiceDep) -> Response:
    """The result as a spreadsheet reads it: UTF-8 with a byte order mark, semicolons."""
    found = await read(number, who, service)
    return _file(as_csv(found), "text/csv; charset=utf-8", f"{number}.csv")


@router.get(
    "/diagnostics/{number}/result.pdf",
    operation_id="read_diagnosis_pdf",
    summary="Result as PDF",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}, **problems(401, 403, 404, 422)},
)
async def pdf_file(number: NumberPath, who: TesterDep, service: ServiceDep) -> Response:
    """The result as a document to print."""
    found = await read(number, who, service)
    return _file(await asyncio.to_thread(as_pdf, found), "application/pdf", f"{number}.pdf")


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=media_type, headers=headers)


@router.get(
    "/diagnostics/{number}/events",
    operation_id="follow_diagnosis",
    summary="Follow a test (SSE)",
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
