"""The signalisations of an operator, or those that it repairs: newest first, by state and by access."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from api.deps import PrincipalDep, ServiceDep
from api.problems import describe
from api.routing import Router
from api.signalisation.forms import type_of
from api.web.errors import PageRoute
from api.web.rendering import page
from api.web.views import id1_of
from domain.errors import InvalidValueError, NotFoundError
from domain.ticket import TicketState
from storage.ticket_pages import Asked, TicketLine

router = Router(route_class=PageRoute, include_in_schema=False)

_PER_PAGE = 50
_KEY_LENGTH = 32


@router.get("/signalisations")
async def tickets(
    request: Request,
    who: PrincipalDep,
    service: ServiceDep,
    id1: str = "",
    etat: TicketState | Literal[""] = "",
    avant: Annotated[str | None, Query(pattern=r"^SIG[0-9]{6}-[0-9]{7}$")] = None,
) -> Response:
    """A page of them; ``avant`` is the last number of the page before."""
    given = {name: value for name, value in (("id1", id1.strip()), ("etat", str(etat))) if value}
    status, erreur = 200, None
    found: list[TicketLine] = []
    try:
        asked = Asked(
            id1=id1_of(given["id1"]) if "id1" in given else None,
            states=(etat,) if isinstance(etat, TicketState) else (),
            before=avant,
            limit=_PER_PAGE + 1,  # one more than is shown tells whether a page follows
        )
        found = await service.tickets.lines(who, asked)
    except (InvalidValueError, NotFoundError) as error:
        status, erreur, _ = describe(error, "fr")
    shown = found[:_PER_PAGE]
    return page(
        request,
        "signalisations.html",
        status,
        who=who,
        liste=shown,
        types={code: type_of(code)[1].full for code in {one.type_code for one in shown}},
        etats=TicketState,
        saisie={"id1": given.get("id1", "")[:_KEY_LENGTH], "etat": etat},
        erreur=erreur,
        debut="/signalisations?" + urlencode(given) if avant is not None else None,
        suite="/signalisations?" + urlencode({**given, "avant": shown[-1].number}) if len(found) > _PER_PAGE else None,
    )
