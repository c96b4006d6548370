"""Signalisations: types and forms, drafts, deposits, moves, what is attached."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Path, Query, Response, UploadFile

from api.bootstrap import Service
from api.deps import Id1Path, LanguageDep, PrincipalDep, ServiceDep, not_kept, text_form
from api.i18n import translate
from api.routes.diagnostics import IdempotencyKey
from api.routing import Router
from api.schemas.diagnostics import DiagnosisOut
from api.schemas.problems import problems
from api.schemas.results import detail, summary
from api.schemas.tickets import (
    DraftIn,
    EntryContextOut,
    FaultOut,
    FieldsIn,
    FileOut,
    MoveIn,
    Port25OrderOut,
    TicketOut,
    TicketSummary,
    TypeOut,
    summary_of,
    whole,
)
from api.signalisation.files import MEDIA_TYPES
from api.signalisation.forms import ClosingCode, Form, form_of
from domain.identifiers import DiagnosisNumber, Id1
from domain.port25 import OrderState
from domain.principal import Principal, Right
from domain.ticket import Action, TicketState
from storage.ticket_pages import Asked

router = Router(
    prefix="/api/v1",
    tags=["Signalisation"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 409, 422),
)

TicketNumber = Annotated[
    str,
    Path(pattern=r"^SIG[0-9]{6}-[0-9]{7}$", description="Number of the signalisation", examples=["SIG190514-2879560"]),
]
DiagnosisPath = Annotated[str, Path(pattern=r"^[0-9]{6}-[0-9]{4}-[0-9]{7}$", description="Number of the diagnosis")]
_FILE = {"file": {"contentType": ", ".join(MEDIA_TYPES)}}
FileId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


async def _shown(service: Service, who: Principal, number: str) -> TicketOut:
    ticket = await service.tickets.get(who, number)
    return whole(
        ticket,
        await service.tickets.commitments.of(ticket),
        [summary(record) for record in await service.tickets.diagnoses(ticket)],
        await service.tickets.files(ticket),
        await service.tickets.events(ticket),
    )


@router.get("/ticket-types", operation_id="list_ticket_types", summary="Types of signalisation")
async def types(who: PrincipalDep, service: ServiceDep) -> list[TypeOut]:
    """The types that the account may deposit."""
    return [TypeOut.of(form, kind) for form, kind in service.tickets.types(who)]


@router.get("/ticket-forms/{code}/{version}", operation_id="read_ticket_form", summary="Description of a form")
async def form(code: str, version: int, who: PrincipalDep) -> Form:
    """Tabs, sections, fields and constraints of a form."""
    who.require(Right.SIGNALISATION)
    return form_of(code, version)


@router.get("/ticket-closing-codes", operation_id="list_closing_codes", summary="Closing codes")
async def codes(who: PrincipalDep, service: ServiceDep) -> list[ClosingCode]:
    """The codes that a signalisation ends with."""
    del who
    return list(service.tickets.codes.values())


@router.get(
    "/accesses/{id1}/ticket-context", operation_id="read_ticket_context", summary="Read what an entry is made with"
)
async def context(
    id1: Id1Path,
    who: PrincipalDep,
    service: ServiceDep,
    kind: Annotated[str, Query(alias="type", pattern=r"^[0-9A-Z]{1,16}$", description="Type of signalisation")] = "84",
) -> EntryContextOut:
    """What a form is shown with: computed fields, the defect proposed, the results to attach, the need of forcing."""
    entry = await service.tickets.entry(who, id1, kind)
    around, form = entry.around, entry.form
    return EntryContextOut(
        access=str(id1),
        type=TypeOut.of(form, entry.kind),
        computed=entry.computed,
        proposed=entry.proposed,
        context=around.context(),
        diagnoses=[summary(record) for record in around.recent],
        test_first=entry.test_first,
        forcing_needed=entry.forcing_needed,
        forcing_allowed=who.may(Right.FORCING),
    )


@router.post(
    "/tickets",
    status_code=201,
    operation_id="create_ticket",
    summary="Draft a signalisation, or deposit it",
    responses=problems(429),
)
async def create(
    body: DraftIn,
    response: Response,
    who: PrincipalDep,
    service: ServiceDep,
    idempotency_key: IdempotencyKey = None,
) -> TicketOut:
    """Keep a draft; with ``deposit`` it is deposited at once. What is wrong is told, and the draft is kept."""
    ticket, replayed = await service.tickets.draft(who, body.id1, body.type, body.fields, idempotency_key)
    response.headers["Location"] = f"/api/v1/tickets/{ticket.number}"
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    if body.deposit and ticket.state is TicketState.DRAFT:
        await service.tickets.deposit(who, ticket.number)
    return await _shown(service, who, ticket.number)


@router.get("/tickets", operation_id="list_tickets", summary="List signalisations")
async def listed(
    who: PrincipalDep,
    service: ServiceDep,
    access: Annotated[
        str | None,
        Query(
            description="Identifier of the prestation (ID1)", examples=["F00000015"], json_schema_extra=text_form(Id1)
        ),
    ] = None,
    state: Annotated[list[TicketState] | None, Query(description="States wanted")] = None,
    before: Annotated[str | None, Query(max_length=19, description="Number behind which to go on")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[TicketSummary]:
    """The signalisations of the operator, or those that it repairs; newest first."""
    asked = Asked(
        id1=None if access is None else Id1.parse(access), states=tuple(state or ()), before=before, limit=limit
    )
    found = await service.tickets.lines(who, asked)
    return [TicketSummary(**summary_of(ticket)) for ticket in found]


@router.get("/port25-orders", operation_id="list_port25_orders", summary="Orders to open and close port 25")
async def orders(
    who: PrincipalDep,
    service: ServiceDep,
    state: Annotated[OrderState | None, Query(description="State wanted")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Port25OrderOut]:
    """The orders that signalisations carry: asked, then done when the team of the platform restores them."""
    return [Port25OrderOut.model_validate(one) for one in await service.tickets.orders(who, state, limit)]


@router.get("/tickets/{number}", operation_id="read_ticket", summary="Read a signalisation")
async def read(number: TicketNumber, who: PrincipalDep, service: ServiceDep) -> TicketOut:
    """A signalisation with its results, files, history and commitment."""
    return await _shown(service, who, number)


@router.put("/tickets/{number}/fields", operation_id="save_ticket_fields", summary="Change a draft")
async def save(number: TicketNumber, body: FieldsIn, who: PrincipalDep, service: ServiceDep) -> TicketOut:
    """Replace the values of a draft."""
    await service.tickets.save(who, number, body.fields)
    return await _shown(service, who, number)


@router.get("/tickets/{number}/faults", operation_id="check_ticket", summary="Check a draft")
async def faults(number: TicketNumber, who: PrincipalDep, service: ServiceDep, language: LanguageDep) -> list[FaultOut]:
    """What is still wrong; empty when it may be deposited."""
    found = await service.tickets.faults(who, number)
    return [FaultOut(field=field, detail=translate(language, text, **values)) for field, text, values in found]


@router.post(
    "/tickets/{number}/deposit",
    operation_id="deposit_ticket",
    summary="Deposit a signalisation",
    responses=problems(429),
)
async def deposit(number: TicketNumber, who: PrincipalDep, service: ServiceDep) -> TicketOut:
    """Deposit a draft; the results of the last 48 h are attached, and a test is run first where there is none."""
    await service.tickets.deposit(who, number)
    return await _shown(service, who, number)


@router.post("/tickets/{number}/moves", operation_id="move_ticket", summary="Move a signalisation on")
async def move(number: TicketNumber, body: MoveIn, who: PrincipalDep, service: ServiceDep) -> TicketOut:
    """Take, hold, resume, restore, reopen, close, cancel or reject."""
    if body.action is Action.DEPOSIT:
        await service.tickets.deposit(who, number)
    else:
        await service.tickets.move(who, number, body.action, body.text, body.code)
    return await _shown(service, who, number)


@router.get(
    "/tickets/{number}/diagnostics/{diagnosis}",
    operation_id="read_ticket_diagnosis",
    summary="Read a result that is attached",
)
async def diagnosis(
    number: TicketNumber, diagnosis: DiagnosisPath, who: PrincipalDep, service: ServiceDep
) -> DiagnosisOut:
    """A result attached to a signalisation, also beyond its 48 h."""
    return detail(await service.tickets.diagnosis(who, number, DiagnosisNumber(diagnosis)), who)


@router.post(
    "/tickets/{number}/files",
    status_code=201,
    operation_id="attach_ticket_file",
    summary="Attach a file",
    responses=problems(413),
    openapi_extra={"requestBody": {"content": {"multipart/form-data": {"encoding": _FILE}}}},
)
async def attach(number: TicketNumber, file: UploadFile, who: PrincipalDep, service: ServiceDep) -> FileOut:
    """Attach a file: PDF, PNG, JPEG or text, as its content tells."""
    return FileOut.model_validate(await service.tickets.attach(who, number, file.filename or "", await file.read()))


@router.get(
    "/tickets/{number}/files/{file_id}",
    operation_id="read_ticket_file",
    summary="Read an attached file",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in MEDIA_TYPES}}},
)
async def read_file(number: TicketNumber, file_id: FileId, who: PrincipalDep, service: ServiceDep) -> Response:
    """The file, never to be shown in the page's own origin."""
    found = await service.tickets.file(who, number, file_id)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


@router.delete(
    "/tickets/{number}/files/{file_id}",
    status_code=204,
    operation_id="delete_ticket_file",
    summary="Remove an attached file",
)
async def detach(number: TicketNumber, file_id: FileId, who: PrincipalDep, service: ServiceDep) -> None:
    """Take a file off a draft."""
    await service.tickets.detach(who, number, file_id)
