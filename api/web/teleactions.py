"""Tab « Téléactions »: the catalogue, one téléaction to confirm, its progress, the history with effects."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Form, Path, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import RedirectResponse

from api.bootstrap import Service
from api.deps import PrincipalDep, ServiceDep
from api.problems import describe
from api.routes.teleactions import origin
from api.routing import Router
from api.schemas.teleactions import CheckOut, SpecOut, TeleactionOut
from api.services.teleactions import Request as Wanted
from api.services.teleactions import When, may_close
from api.web.access import Id1Dep
from api.web.errors import PageRoute
from api.web.labels import instant_s, label, say
from api.web.parameters import parameters_of
from api.web.rendering import page
from api.web.views import AccessPage, Tab, access_page
from domain.errors import ConflictError, DiagnosticsError, NotFoundError
from domain.identifiers import Id1
from domain.metric import all_metrics
from domain.principal import Principal
from domain.reading import Reason
from domain.teleaction import ActionNumber, Closing, TargetKind
from teleactions.catalogue import spec_of
from teleactions.spec import Spec

router = Router(route_class=PageRoute, include_in_schema=False, prefix="/acces/{id1}/teleactions")

_KEY_LENGTH = 64
_RESULTS = ("result", "family")
_HIDDEN = frozenset({"at", "box.last_inform"})


async def _number(number: Annotated[str, Path()]) -> ActionNumber:
    return ActionNumber.parse(number)


NumberDep = Annotated[ActionNumber, Depends(_number)]


@dataclass(frozen=True, slots=True)
class Group:
    """The téléactions of one kind of target."""

    target: TargetKind
    specs: list[SpecOut]


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of « Avant et après »."""

    label: str
    before: str
    after: str


def measures(item: TeleactionOut) -> list[Measure]:
    """What changed between the two tests, and their results; metrics by their labels, instants of Paris."""
    names = [name for name in (*item.before, *item.after) if name not in _HIDDEN]
    kept = [name for name in dict.fromkeys(names) if name in _RESULTS or item.before.get(name) != item.after.get(name)]
    kept.sort(key=lambda name: name not in _RESULTS)
    return [Measure(_label(name), _shown(item.before.get(name)), _shown(item.after.get(name))) for name in kept]


def _label(name: str) -> str:
    found = all_metrics().get(name)
    return say("mesure", name) if found is None else found.label_fr


def _shown(value: str | None) -> str:
    if value is None:
        return ""
    if value.startswith("[") and value[1:-1] in set(Reason):
        return label(Reason(value[1:-1]))
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return say("valeur", value)
    return instant_s(at) if at.tzinfo is not None else value


def _groups(service: Service, who: Principal) -> list[Group]:
    specs = [SpecOut.of(spec, "fr") for spec in service.teleactions.offered(who)]
    found = [Group(target, [one for one in specs if one.target is target]) for target in TargetKind]
    return [group for group in found if group.specs and group.target is not TargetKind.PON]


async def _history(service: Service, who: Principal, id1: Id1) -> list[TeleactionOut]:
    return [TeleactionOut.of(record, "fr") for record in await service.teleactions.of_access(who, id1)]


async def _of_access(service: Service, who: Principal, id1: Id1, number: ActionNumber) -> TeleactionOut:
    record = await service.teleactions.get(who, number)
    if record.id1 != id1:
        raise NotFoundError("teleaction", str(number))
    return TeleactionOut.of(record, "fr")


@router.get("")
async def teleactions(request: Request, id1: Id1Dep, who: PrincipalDep, service: ServiceDep) -> Response:
    """The catalogue and the history."""
    vue = await access_page(service, who, id1, Tab.ACTIONS)
    history = await _history(service, who, id1)
    return page(request, "teleactions.html", vue=vue, groupes=_groups(service, who), historique=history, ouvert=None)


@router.get("/faire/{action}")
async def dialog(request: Request, id1: Id1Dep, action: str, who: PrincipalDep, service: ServiceDep) -> Response:
    """What is about to be done, its preconditions, and the form that confirms it."""
    return await _dialog(request, service, who, id1, action)


async def _dialog(
    request: Request, service: Service, who: Principal, id1: Id1, action: str, *,
    given: Mapping[str, str] | None = None, erreur: str | None = None,
) -> Response:  # fmt: skip
    spec = spec_of(action)
    vue = await access_page(service, who, id1, Tab.ACTIONS)
    found = await service.teleactions.checks(who, id1, Wanted(action, {}, "", "", confirmed=True))
    checks = [CheckOut.of(check, "fr") for check in found if check.name != "released"]
    return page(
        request, "teleaction.html", 200 if erreur is None else 422, vue=vue,
        spec=SpecOut.of(spec, "fr"), controles=checks,
        possible=all(check.holds for check in checks), erreur=erreur, saisie=given or {}, cle=secrets.token_urlsafe(12),
        versions=await _versions(service, vue, spec), quand=When,
    )  # fmt: skip


async def _versions(service: Service, vue: AccessPage, spec: Spec) -> list[str]:
    """The firmware versions that fit the box, for the téléaction that takes one."""
    if not any(one.name == "version" for one in spec.fields):
        return []
    return await service.teleactions.versions(vue.who, Id1.parse(str(vue.access.id1)))


@router.post("/faire/{action}")
async def ask(  # noqa: PLR0913 - FastAPI passes each by name
    request: Request,
    id1: Id1Dep,
    action: str,
    *,
    who: PrincipalDep,
    service: ServiceDep,
    motif: Annotated[str, Form(max_length=500)] = "",
    quand: Annotated[str, Form()] = When.NOW.value,
    confirme: Annotated[str, Form()] = "",
    cle: Annotated[str, Form(max_length=_KEY_LENGTH, pattern=r"^[A-Za-z0-9_-]*$")] = "",
) -> Response:
    """Ask for it, then to its progress; with what is wrong, back to the form."""
    spec = spec_of(action)
    form = {name: str(value) for name, value in (await request.form()).items()}
    again: dict[str, Any] = {"given": form}
    if len(motif.strip()) < 3:
        return await _dialog(request, service, who, id1, action, erreur=say("saisie", "motif absent"), **again)
    try:
        wanted = Wanted(
            action, parameters_of(spec, form), motif.strip(), origin(request, "page"),
            When(quand) if quand in set(When) else When.NOW, confirme == "oui",
        )  # fmt: skip
        record, _ = await service.teleactions.ask(who, id1, wanted, f"page-{cle}" if cle else None)
    except DiagnosticsError as error:
        return await _dialog(request, service, who, id1, action, erreur=describe(error, "fr")[1], **again)
    return RedirectResponse(f"/acces/{id1}/teleactions/{record.number}", 303)


@router.get("/{number}")
async def one(request: Request, id1: Id1Dep, number: NumberDep, who: PrincipalDep, service: ServiceDep) -> Response:
    """The catalogue and the history, with one téléaction in full."""
    return await _opened(request, service, who, id1, number)


async def _opened(
    request: Request, service: Service, who: Principal, id1: Id1, number: ActionNumber, *,
    erreur: str | None = None, motif: str = "",
) -> Response:  # fmt: skip
    vue = await access_page(service, who, id1, Tab.ACTIONS)
    opened = await _of_access(service, who, id1, number)
    history = await _history(service, who, id1)
    trail = await service.teleactions.trail(who, number)
    return page(
        request, "teleactions.html", 200 if erreur is None else 422, vue=vue, groupes=_groups(service, who),
        historique=history, ouvert=opened, trace=trail, mesures=measures(opened), peut_clore=may_close(who),
        erreur=erreur, motif=motif,
    )  # fmt: skip


@router.get("/{number}/ligne")
async def line(
    request: Request, id1: Id1Dep, number: NumberDep, who: PrincipalDep, service: ServiceDep, detail: bool = False
) -> Response:
    """One téléaction of the history, alone: what htmx puts in its place."""
    item = await _of_access(service, who, id1, number)
    trail = await service.teleactions.trail(who, number) if detail else []
    opened = item if detail else None
    return page(
        request, "_teleaction.html", base=f"/acces/{id1}", item=item, ouvert=opened, trace=trail,
        mesures=measures(item), peut_clore=may_close(who), erreur=None, motif="",
    )  # fmt: skip


@router.post("/{number}/annuler")
async def cancel(request: Request, id1: Id1Dep, number: NumberDep, who: PrincipalDep, service: ServiceDep) -> Response:
    """Cancel it while it waits."""
    del request
    await _of_access(service, who, id1, number)
    await service.teleactions.cancel(who, number)
    return RedirectResponse(f"/acces/{id1}/teleactions/{number}", 303)


@router.post("/{number}/clore")
async def close(
    request: Request,
    id1: Id1Dep,
    number: NumberDep,
    who: PrincipalDep,
    service: ServiceDep,
    motif: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """End it without proof while its effect stays unknown; with what is wrong, back to the form."""
    await _of_access(service, who, id1, number)
    if len(motif.strip()) < 3:
        return await _opened(request, service, who, id1, number, erreur=say("saisie", "motif de clôture"), motif=motif)
    try:
        await service.teleactions.close(who, number, Closing(motif.strip(), origin(request, "page")))
    except ConflictError as error:  # something has told meanwhile
        return await _opened(request, service, who, id1, number, erreur=describe(error, "fr")[1])
    return RedirectResponse(f"/acces/{id1}/teleactions/{number}", 303)


@router.get("/{number}/suivi")
async def follow(id1: Id1Dep, number: NumberDep, who: PrincipalDep, service: ServiceDep) -> EventSourceResponse:
    """Server-sent events: ``etape`` with the words of each step, then ``fin``."""
    await _of_access(service, who, id1, number)
    return EventSourceResponse(_steps(service, who, number), ping=15)


async def _steps(service: Service, who: Principal, number: ActionNumber) -> AsyncIterator[ServerSentEvent]:
    with service.bus.listen(number) as steps:
        record = await service.teleactions.get(who, number)  # after listening: nothing falls between the two
        while not record.state.final:
            step = await steps.get()
            if step.final:
                break
            yield ServerSentEvent(say("etape", str(step.data.get("step", "")), "test"), event="etape")
    yield ServerSentEvent("fin", event="fin")
