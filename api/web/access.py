"""Home and the tabs of an access: who it is, what can be asked of it."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Depends, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from api.deps import PrincipalDep, ServiceDep, TesterDep
from api.problems import describe
from api.routing import Router
from api.schemas.boxes import BoxOut
from api.schemas.platform import SessionsOut
from api.services.boxes import fresh_since
from api.web.errors import PageRoute
from api.web.labels import say
from api.web.rendering import page
from api.web.views import AccessPage, Tab, access_page, id1_of, wanted_id1
from domain.access import TestName
from domain.errors import DiagnosticsError, InvalidValueError, NotFoundError
from domain.identifiers import Id1
from domain.principal import Principal, Right

router = Router(route_class=PageRoute, include_in_schema=False)

Id1Dep = Annotated[Id1, Depends(wanted_id1)]
_PER_PAGE = 50
_KEY_LENGTH = 64


def _own_page(who: Principal, *, certificates: bool) -> str | None:
    """Where somebody who may not test accesses begins; ``None`` for the home page."""
    if who.may(Right.TEST):
        return None
    pages = (
        (who.may(Right.SIGNALISATION) or who.may(Right.TREATMENT), "/signalisations"),
        (who.may(Right.ADMINISTRATOR), "/comptes"),
        (who.may(Right.NOC), "/incidents"),
        (who.may(Right.TELEACTION) or who.may(Right.EXPERT), "/campagnes"),
        (certificates, "/certificats"),
    )
    return next((path for opened, path in pages if opened), None)


@router.get("/")
async def home(
    request: Request,
    who: PrincipalDep,
    service: ServiceDep,
    id1: str | None = None,
    feuille: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """The operator's accesses, and the way to one by its ID1."""
    certificates = await service.certificates.may(who)
    elsewhere = _own_page(who, certificates=certificates)
    if elsewhere is not None:
        return RedirectResponse(elsewhere, 303)
    status, erreur = 200, None
    if id1 is not None:
        try:
            found = await service.inventory.access(who, id1_of(id1))
        except (InvalidValueError, NotFoundError) as error:
            status, erreur, _ = describe(error, "fr")
        else:
            return RedirectResponse(f"/acces/{found.id1}", 303)
    accesses = await service.inventory.accesses(who)
    first = (feuille - 1) * _PER_PAGE
    return page(
        request,
        "accueil.html",
        status,
        who=who,
        certificats_delegues=certificates,
        acces=accesses[first : first + _PER_PAGE],
        total=len(accesses),
        feuille=feuille,
        feuilles=max(1, -(-len(accesses) // _PER_PAGE)),
        saisie=(id1 or "")[:_KEY_LENGTH],
        erreur=erreur,
    )


@router.get("/acces/{id1}")
async def access(id1: Id1Dep, who: TesterDep) -> Response:
    """The first tab."""
    return RedirectResponse(f"/acces/{id1}/{Tab.DETAILS.path}", 303)


@router.get("/acces/{id1}/details")
async def details(request: Request, id1: Id1Dep, who: TesterDep, service: ServiceDep) -> Response:
    """Tab « Détails »: the record of the access."""
    record = await service.boxes.record(who, id1)
    box = None if record is None else BoxOut.of(record)
    sessions = SessionsOut.of(str(id1), await service.sessions.of(who, id1))
    vue = await access_page(service, who, id1, Tab.DETAILS)
    now = service.clock.now()
    fresh = now if record is None else fresh_since(record.readings, now)
    return page(request, "details.html", vue=vue, box=box, frais_depuis=fresh, maintenant=now, sessions=sessions)


@router.get("/acces/{id1}/demandes")
async def requests(request: Request, id1: Id1Dep, who: TesterDep, service: ServiceDep) -> Response:
    """Tab « Demandes de diagnostics »: the tests to tick."""
    return _requests(request, await access_page(service, who, id1, Tab.REQUESTS))


def _requests(
    request: Request, vue: AccessPage, erreur: str | None = None, ticked: frozenset[TestName] = frozenset()
) -> Response:
    status = 200 if erreur is None else 422
    key = secrets.token_urlsafe(12)  # a form sent twice by a double click asks once
    return page(request, "demandes.html", status, vue=vue, tests=TestName, erreur=erreur, coches=ticked, cle=key)


@router.post("/acces/{id1}/demandes")
async def ask(
    request: Request,
    id1: Id1Dep,
    who: TesterDep,
    service: ServiceDep,
    test: Annotated[list[str] | None, Form()] = None,
    cle: Annotated[str, Form(max_length=_KEY_LENGTH, pattern=r"^[A-Za-z0-9_-]*$")] = "",
) -> Response:
    """Send the tests that are ticked: one diagnosis each."""
    vue = await access_page(service, who, id1, Tab.REQUESTS)
    try:
        wanted = frozenset(TestName(name) for name in test or ())
    except ValueError:
        return _requests(request, vue, say("saisie", "test inconnu"))
    if not wanted:
        return _requests(request, vue, say("saisie", "aucun test"))
    try:
        for name in TestName:
            if name in wanted:
                await service.diagnoses.ask(who, id1, name, f"page-{cle}-{name.name}" if cle else None)
    except DiagnosticsError as error:
        return _requests(request, vue, describe(error, "fr")[1], wanted)
    return RedirectResponse(f"{vue.base}/{Tab.RESULTS.path}", 303)
