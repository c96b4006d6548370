"""Tab « Résultats des diagnostics »: the list of the last 48 h, one result in full, a running test followed live."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.bootstrap import Service
from api.deps import ServiceDep, TesterDep
from api.routing import Router
from api.web.access import Id1Dep
from api.web.errors import PageRoute
from api.web.rendering import Templates, page
from api.web.views import Tab, access_page, diagnosis, is_running, wanted_number
from domain.identifiers import DiagnosisNumber
from domain.principal import Principal
from domain.reading import Reason
from domain.snapshot import Outcome, SourceKind

router = Router(route_class=PageRoute, include_in_schema=False, prefix="/acces/{id1}/resultats")

NumberDep = Annotated[DiagnosisNumber, Depends(wanted_number)]


@router.get("")
async def results(request: Request, id1: Id1Dep, who: TesterDep, service: ServiceDep) -> Response:
    """The diagnoses of the last 48 h."""
    vue = await access_page(service, who, id1, Tab.RESULTS)
    return page(request, "resultats.html", vue=vue, ouvert=None)


@router.get("/{number}")
async def result(request: Request, id1: Id1Dep, number: NumberDep, who: TesterDep, service: ServiceDep) -> Response:
    """The list, with one diagnosis in full."""
    opened = await diagnosis(service, who, id1, number)
    vue = await access_page(service, who, id1, Tab.RESULTS)
    return page(request, "resultats.html", vue=vue, ouvert=opened)


@router.get("/{number}/ligne")
async def line(
    request: Request,
    id1: Id1Dep,
    number: NumberDep,
    who: TesterDep,
    service: ServiceDep,
    detail: bool = False,
    fin: bool = False,
) -> Response:
    """One diagnosis of the list, alone: what htmx puts in its place; with ``fin``, the header of the access too."""
    item = await diagnosis(service, who, id1, number)
    opened = item if detail else None
    if fin and not is_running(item):
        vue = await access_page(service, who, id1, Tab.RESULTS)
        return page(request, "_fin.html", vue=vue, base=vue.base, item=item, ouvert=opened)
    return page(request, "_ligne.html", base=f"/acces/{id1}", item=item, ouvert=opened)


@router.get("/{number}/suivi")
async def follow(
    request: Request, id1: Id1Dep, number: NumberDep, who: TesterDep, service: ServiceDep
) -> EventSourceResponse:
    """Server-sent events of a running test: one named after each source as it is read, then ``state`` at its end."""
    await diagnosis(service, who, id1, number)
    templates = cast("Templates", request.app.state.templates)
    return EventSourceResponse(_steps(service, templates, who, number), ping=15)


async def _steps(
    service: Service, templates: Templates, who: Principal, number: DiagnosisNumber
) -> AsyncIterator[ServerSentEvent]:
    with service.bus.listen(number) as steps:
        record = await service.diagnoses.get(who, number)  # after listening: nothing falls between the two
        while not record.state.final:
            step = await steps.get()
            if step.kind == "source":
                yield _source(templates, step.data)
            if step.final:
                break
    yield ServerSentEvent("fin", event="state")


def _source(templates: Templates, data: dict[str, object]) -> ServerSentEvent:
    text = templates.render(
        "_source.html",
        outcome=Outcome(str(data["outcome"])),
        reason=Reason(str(data["reason"])) if data["reason"] else None,
        elapsed_ms=data["elapsed_ms"],
    )
    return ServerSentEvent(text, event=SourceKind(str(data["source"])).value)
