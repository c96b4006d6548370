"""Téléactions: the catalogue, asking, following, cancelling, confirming."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.bootstrap import Service
from api.deps import Id1Path, LanguageDep, PrincipalDep, ServiceDep, not_kept, text_form
from api.routes.diagnostics import IdempotencyKey
from api.routes.inventory import OltName
from api.routing import Router
from api.schemas.problems import problems
from api.schemas.teleactions import CheckOut, ClosingIn, DryRunOut, SpecOut, TeleactionIn, TeleactionOut
from api.security.peer import source_of
from api.services import teleactions as service_module
from domain.identifiers import PonName
from domain.principal import Principal
from domain.teleaction import ActionNumber, Closing

router = Router(
    prefix="/api/v1",
    tags=["Teleactions"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 422),
)


async def _number(
    number: Annotated[str, Path(description="Number of the téléaction", json_schema_extra=text_form(ActionNumber))],
) -> ActionNumber:
    return ActionNumber.parse(number)


async def _pon(
    pon: Annotated[str, Path(description="PON port", examples=["PON-1-1-5-10"], json_schema_extra=text_form(PonName))],
) -> PonName:
    return PonName.parse(pon)


NumberPath = Annotated[ActionNumber, Depends(_number)]
PonPath = Annotated[PonName, Depends(_pon)]


def origin(request: Request, interface: str) -> str:
    """From where: the client's address and the interface."""
    return f"{interface} {source_of(request)}"


def wanted(body: TeleactionIn, request: Request) -> service_module.Request:
    """What the body asks."""
    return service_module.Request(
        body.action, body.parameters, body.reason, origin(request, "api"), body.when, body.confirm
    )


@router.get(
    "/teleactions/catalogue",
    operation_id="list_teleaction_catalogue",
    summary="The téléactions that the account may ask for",
    responses=problems(401),
)
async def catalogue(who: PrincipalDep, service: ServiceDep, language: LanguageDep) -> list[SpecOut]:
    """Each with its target, right, preconditions, reversibility, blast radius, cooldown, durations and parameters."""
    return [SpecOut.of(spec, language) for spec in service.teleactions.offered(who)]


@router.post(
    "/accesses/{id1}/teleactions",
    status_code=202,
    operation_id="ask_teleaction",
    summary="Ask for a téléaction on an access",
    responses={200: {"model": DryRunOut}, **problems(401, 403, 404, 409, 422)},
    response_model=TeleactionOut | DryRunOut,
)
async def ask(  # noqa: PLR0913 - FastAPI passes each by name
    id1: Id1Path,
    body: TeleactionIn,
    request: Request,
    response: Response,
    *,
    who: PrincipalDep,
    service: ServiceDep,
    language: LanguageDep,
    idempotency_key: IdempotencyKey = None,
) -> TeleactionOut | DryRunOut:
    """Accept a téléaction; with ``dry_run``, tell whether its preconditions hold and do nothing."""
    asked = wanted(body, request)
    if body.dry_run:
        checks = [CheckOut.of(check, language) for check in await service.teleactions.checks(who, id1, asked)]
        response.status_code = 200
        return DryRunOut(action=body.action, possible=all(check.holds for check in checks), checks=checks)
    record, replayed = await service.teleactions.ask(who, id1, asked, idempotency_key)
    _accepted(response, record.number, replayed=replayed)
    return TeleactionOut.of(record, language)


@router.post(
    "/olts/{name}/pons/{pon}/teleactions",
    status_code=202,
    operation_id="ask_pon_teleaction",
    summary="Ask for a téléaction on a PON port (NOC)",
    responses=problems(401, 403, 404, 409, 422),
)
async def ask_pon(  # noqa: PLR0913 - FastAPI passes each by name
    name: OltName,
    pon: PonPath,
    body: TeleactionIn,
    request: Request,
    response: Response,
    *,
    who: PrincipalDep,
    service: ServiceDep,
    language: LanguageDep,
    idempotency_key: IdempotencyKey = None,
) -> TeleactionOut:
    """Accept it; it waits until a second account of the NOC confirms it."""
    record, replayed = await service.teleactions.ask_pon(who, name, pon, wanted(body, request), idempotency_key)
    _accepted(response, record.number, replayed=replayed)
    return TeleactionOut.of(record, language)


@router.get(
    "/accesses/{id1}/teleactions",
    operation_id="list_access_teleactions",
    summary="Téléactions of an access",
    responses=problems(401, 403, 404, 422),
)
async def of_access(id1: Id1Path, who: PrincipalDep, service: ServiceDep, language: LanguageDep) -> list[TeleactionOut]:
    """Newest first."""
    return [TeleactionOut.of(record, language) for record in await service.teleactions.of_access(who, id1)]


@router.get(
    "/teleactions/{number}",
    operation_id="read_teleaction",
    summary="Read a téléaction",
    responses=problems(401, 403, 404, 422),
)
async def read(number: NumberPath, who: PrincipalDep, service: ServiceDep, language: LanguageDep) -> TeleactionOut:
    """Its state, its readings before and after, its effect."""
    return TeleactionOut.of(await service.teleactions.get(who, number), language)


@router.get(
    "/teleactions/{number}/audit",
    operation_id="read_teleaction_audit",
    summary="Trail of a téléaction",
    responses=problems(401, 403, 404, 422),
)
async def audit(number: NumberPath, who: PrincipalDep, service: ServiceDep) -> list[dict[str, Any]]:
    """Its audit entries with their hashes, oldest first."""
    return await service.teleactions.trail(who, number)


@router.post(
    "/teleactions/{number}/cancel",
    operation_id="cancel_teleaction",
    summary="Cancel a téléaction that waits",
    responses=problems(401, 403, 404, 409, 422),
)
async def cancel(number: NumberPath, who: PrincipalDep, service: ServiceDep, language: LanguageDep) -> TeleactionOut:
    """Possible until it is being carried out."""
    return TeleactionOut.of(await service.teleactions.cancel(who, number), language)


@router.post(
    "/teleactions/{number}/close",
    operation_id="close_teleaction",
    summary="End without proof a téléaction whose effect stays unknown (expert or NOC)",
    responses=problems(401, 403, 404, 409, 422),
)
async def close(
    number: NumberPath,
    body: ClosingIn,
    request: Request,
    *,
    who: PrincipalDep,
    service: ServiceDep,
    language: LanguageDep,
) -> TeleactionOut:
    """Its target is free again; whether it took effect is not known, and it says so. Nothing is taken back."""
    why = Closing(body.reason, origin(request, "api"))
    return TeleactionOut.of(await service.teleactions.close(who, number, why), language)


@router.post(
    "/teleactions/{number}/confirm",
    operation_id="confirm_teleaction",
    summary="Confirm the téléaction of another account",
    responses=problems(401, 403, 404, 409, 422),
)
async def confirm(number: NumberPath, who: PrincipalDep, service: ServiceDep, language: LanguageDep) -> TeleactionOut:
    """The second confirmation: by another account than the one that asked."""
    return TeleactionOut.of(await service.teleactions.confirm(who, number), language)


@router.get(
    "/teleactions/{number}/events",
    operation_id="follow_teleaction",
    summary="Follow a téléaction (SSE)",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **problems(401, 403, 404, 422)},
)
async def events(number: NumberPath, who: PrincipalDep, service: ServiceDep) -> EventSourceResponse:
    """Server-sent events ``state``: each state and step, until the end."""
    await service.teleactions.get(who, number)
    return EventSourceResponse(follow(service, who, number), ping=15)


async def follow(service: Service, who: Principal, number: ActionNumber) -> AsyncIterator[ServerSentEvent]:
    """The states from now on; ends with the téléaction."""
    with service.bus.listen(number) as steps:
        record = await service.teleactions.get(who, number)  # after listening: nothing falls between the two
        yield _event({"state": record.state.value})
        while not record.state.final:
            step = await steps.get()
            yield _event(step.data)
            if step.final:
                return


def _event(data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data, ensure_ascii=False), event="state")


def _accepted(response: Response, number: ActionNumber, *, replayed: bool) -> None:
    response.headers["Location"] = f"/api/v1/teleactions/{number}"
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
