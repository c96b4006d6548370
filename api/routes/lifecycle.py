"""The life of accesses: exchanges, termination, GTR option, planned works, history, bulk files."""

from __future__ import annotations

import asyncio
from email.message import Message
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from api.deps import Id1Path, LanguageDep, ProvisionerDep, ServiceDep, TesterDep, not_kept
from api.routing import Router
from api.schemas.inventory import AccessOut
from api.schemas.lifecycle import (
    AccessEventOut,
    BoxExchangeIn,
    GtrIn,
    OntExchangeIn,
    Port25In,
    ReportOut,
    WorkIn,
    WorkOut,
)
from api.schemas.problems import problems
from api.services import bulk
from api.services.bulk_reading import rows_of_csv, rows_of_json
from domain.access import Place
from domain.identifiers import DeviceId

router = Router(
    prefix="/api/v1",
    tags=["Life of accesses"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 409, 422),
)


@router.post("/accesses/{id1}/box-exchange", operation_id="exchange_box", summary="Exchange the box")
async def exchange_box(id1: Id1Path, body: BoxExchangeIn, who: ProvisionerDep, service: ServiceDep) -> AccessOut:
    """Another box serves the access; the history keeps the old one, a DELC is kept as reference."""
    await service.lifecycle.exchange_box(who, id1, DeviceId(body.box.oui.upper(), body.box.serial))
    return AccessOut.model_validate(await service.records.accesses.get(who, id1))


@router.post("/accesses/{id1}/ont-exchange", operation_id="exchange_ont", summary="Exchange the ONT")
async def exchange_ont(id1: Id1Path, body: OntExchangeIn, who: ProvisionerDep, service: ServiceDep) -> AccessOut:
    """Another ONT serves the access."""
    place = None if body.place is None else Place(body.place.olt, body.place.ont)
    await service.lifecycle.exchange_ont(who, id1, body.serial, place)
    return AccessOut.model_validate(await service.records.accesses.get(who, id1))


@router.put("/accesses/{id1}/gtr", operation_id="set_gtr", summary="Option « GTR 10 heures HO »")
async def set_gtr(id1: Id1Path, body: GtrIn, who: ProvisionerDep, service: ServiceDep) -> AccessOut:
    """Take the option, or give it up."""
    await service.lifecycle.set_gtr(who, id1, gtr=body.gtr)
    return AccessOut.model_validate(await service.records.accesses.get(who, id1))


@router.put("/accesses/{id1}/port25", operation_id="set_port25", summary="Policy of port 25")
async def set_port25(id1: Id1Path, body: Port25In, who: ProvisionerDep, service: ServiceDep) -> AccessOut:
    """Open or closed outwards; a signalisation that asks for it changes it once it is settled."""
    await service.lifecycle.set_port25(who, id1, body.port25)
    return AccessOut.model_validate(await service.records.accesses.get(who, id1))


@router.post("/accesses/{id1}/termination", operation_id="terminate_access", summary="Terminate an access")
async def terminate(id1: Id1Path, who: ProvisionerDep, service: ServiceDep) -> AccessOut:
    """End the access: its ONT, box and PPP identifier may serve another."""
    return AccessOut.model_validate(await service.lifecycle.terminate(who, id1))


@router.get("/accesses/{id1}/history", operation_id="read_access_history", summary="History of an access")
async def history(id1: Id1Path, who: TesterDep, service: ServiceDep) -> list[AccessEventOut]:
    """What happened to the access, newest first."""
    return [AccessEventOut.model_validate(event) for event in await service.lifecycle.history(who, id1)]


@router.post(
    "/access-imports",
    operation_id="import_accesses",
    summary="Import accesses (CSV or JSON)",
    responses=problems(413, 415),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/json": {"schema": {"type": "array", "items": {}}},
            },
        }
    },
)
async def take_in(
    request: Request,
    who: ProvisionerDep,
    service: ServiceDep,
    language: LanguageDep,
    dry_run: Annotated[bool, Query(description="Check without writing anything")] = False,
) -> ReportOut:
    """Each line is an access to declare or change; a wrong one stops none of the others.

    What a line does not speak of stays as it is: an absent column, an absent key. An empty cell, or ``null``, takes
    away what an access may be without.
    """
    announced = Message()
    announced["content-type"] = request.headers.get("content-type", "")
    kind, charset = announced.get_content_type(), announced.get_content_charset()
    if kind not in {"text/csv", "application/json"}:
        raise HTTPException(415)
    read = rows_of_csv if kind == "text/csv" else rows_of_json
    file = await asyncio.to_thread(read, await request.body(), charset)
    report = await bulk.take_in(service.lifecycle, who, file.rows, language, dry=dry_run)
    return ReportOut.of(bulk.report_title(report, language), report, file.encoding, file.separator)


@router.get(
    "/access-exports",
    operation_id="export_accesses",
    summary="Export accesses",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}, "application/json": {}}}},
)
async def give_out(
    who: TesterDep,
    service: ServiceDep,
    form: Annotated[Literal["csv", "json"], Query(alias="format")] = "csv",
) -> Response:
    """The accesses of the operator, in the form that the import takes; without PPP identifiers."""
    accesses = [AccessOut.model_validate(access) for access in await service.inventory.accesses(who)]
    headers = {"Content-Disposition": f'attachment; filename="acces.{form}"', "X-Content-Type-Options": "nosniff"}
    if form == "csv":
        return StreamingResponse(bulk.csv_of(accesses), media_type="text/csv; charset=utf-8", headers=headers)
    text = "[" + ",\n".join(access.model_dump_json(exclude={"outside", "state", "port25"}) for access in accesses) + "]"
    return Response(text, media_type="application/json", headers=headers)


@router.post("/planned-works", status_code=201, operation_id="announce_works", summary="Announce planned works")
async def announce(body: WorkIn, who: ProvisionerDep, service: ServiceDep) -> WorkOut:
    """Announce works on an access of the operator, or on an OLT of his."""
    return WorkOut.model_validate(await service.lifecycle.announce_works(who, body.work()))


@router.get("/planned-works", operation_id="list_works", summary="List one's planned works")
async def works(who: ProvisionerDep, service: ServiceDep) -> list[WorkOut]:
    """The operator's works."""
    return [WorkOut.model_validate(one) for one in await service.lifecycle.works(who)]


@router.delete("/planned-works/{work_id}", status_code=204, operation_id="cancel_works", summary="Cancel planned works")
async def cancel(work_id: str, who: ProvisionerDep, service: ServiceDep) -> None:
    """Call works off."""
    await service.lifecycle.cancel_works(who, work_id)
