"""Collective incidents: those that go on, those that ended, and what happens to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Path, Query
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.deps import PrincipalDep, ServiceDep, not_kept
from api.routing import Router
from api.schemas.incidents import ChangeOut, IncidentDetail, IncidentOut, IncidentsOut, NewsOut
from api.schemas.inventory import Name
from api.schemas.problems import problems
from api.schemas.sent import Instant
from api.services.incident_views import News

router = Router(
    prefix="/api/v1/incidents",
    tags=["Collective incidents"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 422),
)

_PING_S = 15  # C: shorter than the idle limit of usual proxies

Number = Annotated[
    str,
    Path(pattern=r"^INC-\d{6}-[0-9A-F]{6}$", description="Number of the incident", examples=["INC-190509-7F3A2C"]),
]


@router.get("", operation_id="list_incidents", summary="List collective incidents")
async def incidents(
    who: PrincipalDep,
    service: ServiceDep,
    open: Annotated[bool | None, Query(description="Open ones only, or closed ones only")] = None,  # noqa: A002
    olt: Annotated[Name | None, Query(description="Name of the OLT")] = None,
    since: Annotated[Instant | None, Query(description="Not closed yet at this instant")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> IncidentsOut:
    """The incidents of the operator's network; for a commercial operator, those that touch its own accesses."""
    found = await service.incidents.list(who, is_open=open, olt=olt, since=since, limit=limit)
    return IncidentsOut(incidents=[IncidentOut.of(view) for view in found])


@router.get(
    "/stream",
    operation_id="follow_incidents",
    summary="Follow incidents (SSE)",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def stream(who: PrincipalDep, service: ServiceDep) -> EventSourceResponse:
    """Server-sent events: ``start``, ``update`` and ``end``, each with the incident as it is then."""
    return EventSourceResponse(_follow(await service.incidents.follow(who)), ping=_PING_S)


async def _follow(news: AsyncIterator[News]) -> AsyncIterator[ServerSentEvent]:
    async for one in news:
        yield ServerSentEvent(NewsOut.of(one).model_dump_json(), event=one.name)


@router.get("/{number}", operation_id="read_incident", summary="Read a collective incident")
async def incident(number: Number, who: PrincipalDep, service: ServiceDep) -> IncidentDetail:
    """One incident, with its history for the operator of the network."""
    view, history = await service.incidents.get(who, number)
    shown = IncidentOut.of(view).model_dump()
    return IncidentDetail(**shown, history=[ChangeOut.of(change) for change in history])
