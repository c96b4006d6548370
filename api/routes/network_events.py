"""What the network announces by itself: the last events, and those that come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, Query
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.deps import PrincipalDep, ServiceDep, not_kept, text_form
from api.routing import Router
from api.schemas.inventory import Name
from api.schemas.network_events import EventOut, EventsOut, LostOut
from api.schemas.problems import problems
from api.schemas.sent import Instant
from api.services.network_events import Lost, NetworkEvents, Wanted
from domain.identifiers import PonName

router = Router(
    prefix="/api/v1/network-events",
    tags=["Network events"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 422),
)

_PING_S = 15  # C: shorter than the idle limit of usual proxies

Olt = Annotated[Name | None, Query(description="Name of the OLT")]
Identifier = Annotated[str, Query(max_length=64, description="Member « before » of the page before")]
LastEventId = Annotated[str | None, Header(alias="Last-Event-ID", max_length=64, description="Go on behind this event")]


async def _pon(
    pon: Annotated[
        str | None,
        Query(description="PON port", examples=["PON-1-1-5-10"], json_schema_extra=text_form(PonName)),
    ] = None,
) -> PonName | None:
    return None if pon is None else PonName.parse(pon)


Pon = Annotated[PonName | None, Depends(_pon)]


@router.get("", operation_id="list_network_events", summary="List events")
async def events(
    who: PrincipalDep,
    service: ServiceDep,
    pon: Pon,
    olt: Olt = None,
    since: Annotated[Instant | None, Query(description="Received since this instant")] = None,
    before: Identifier | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EventsOut:
    """The last traps and informs of the operator's OLTs, newest first. Needs the right « NOC »."""
    found = await service.events.page(who, olt=olt, pon=pon, since=since, before=before, limit=limit + 1)
    page = [EventOut.of(numbered, service.events) for numbered in found[:limit]]
    return EventsOut(events=page, before=page[-1].id if len(found) > limit else None)


@router.get(
    "/stream",
    operation_id="follow_network_events",
    summary="Follow events (SSE)",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def stream(
    who: PrincipalDep, service: ServiceDep, pon: Pon, olt: Olt = None, last_event_id: LastEventId = None
) -> EventSourceResponse:
    """Server-sent events: ``event`` for each, ``lost`` in the place of those that a slow or absent reader missed.

    The OLTs are the operator's at the time of asking.
    """
    wanted = await service.events.wanted_by(who, olt, pon)
    return EventSourceResponse(_follow(service.events, wanted, last_event_id), ping=_PING_S)


async def _follow(events: NetworkEvents, wanted: Wanted, after: str | None) -> AsyncIterator[ServerSentEvent]:
    with events.subscribe(wanted, after=after) as news:
        async for item in news:
            if isinstance(item, Lost):
                yield ServerSentEvent(LostOut(count=item.count).model_dump_json(), event="lost")
            else:
                out = EventOut.of(item, events)
                yield ServerSentEvent(out.model_dump_json(), event="event", id=out.id)
