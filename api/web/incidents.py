"""The collective incidents: the list, and one with its history."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response

from api.deps import PrincipalDep, ServiceDep
from api.routing import Router
from api.schemas.incidents import ChangeOut, IncidentOut
from api.web.errors import PageRoute
from api.web.rendering import page

router = Router(route_class=PageRoute, include_in_schema=False, prefix="/incidents")

_SHOWN = 200


@router.get("")
async def incidents(
    request: Request, who: PrincipalDep, service: ServiceDep, *, clos: Annotated[bool, Query()] = False
) -> Response:
    """Those that go on, or those that ended."""
    found = await service.incidents.list(who, is_open=not clos, olt=None, since=None, limit=_SHOWN)
    shown = [IncidentOut.of(view) for view in found]
    template = "_incidents.html" if request.headers.get("hx-request") == "true" else "incidents.html"
    return page(request, template, who=who, incidents=shown, clos=clos)


@router.get("/{number}")
async def incident(
    request: Request, number: Annotated[str, Path(max_length=32)], who: PrincipalDep, service: ServiceDep
) -> Response:
    """One incident."""
    view, history = await service.incidents.get(who, number)
    lines = [ChangeOut.of(change) for change in history]
    return page(request, "incident.html", who=who, i=IncidentOut.of(view), histoire=lines)
