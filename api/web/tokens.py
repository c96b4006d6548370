"""« Mes jetons »: personal tokens of the account with their scopes, and its open sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Response
from starlette.responses import RedirectResponse

from api.routing import Router
from api.web.asked import Asked, AskedDep
from api.web.errors import BilingualRoute
from api.web.labels import words
from api.web.rights import in_order
from domain.principal import Right
from storage.tokens import IssuedToken, TokenKind

router = Router(route_class=BilingualRoute, include_in_schema=False)

LIVES_DAYS = (30, 90, 180, 366)


@router.get("/jetons")
async def tokens(asked: AskedDep) -> Response:
    """The tokens that still let in."""
    return await _tokens(asked)


@router.post("/jetons")
async def issue(
    asked: AskedDep,
    nom: Annotated[str, Form(max_length=100)] = "",
    jours: Annotated[int, Form(ge=1, le=366)] = 90,
    droits: Annotated[list[Right] | None, Form(max_length=len(Right))] = None,
) -> Response:
    """A new token with some of one's rights; it is shown once."""
    name, rights = " ".join(nom.split()), frozenset(droits or ())
    faults = {}
    if not name.isprintable() or not name:
        faults["nom"] = words(asked.language, "Give the token a name: you will know it again by it")
    if not rights:
        faults["droits"] = words(asked.language, "Tick one right at least")
    if faults:
        typed = {"nom": nom, "jours": jours, "droits": rights}
        return await _tokens(asked, typed=typed, faults=faults, status=422)
    issued = await asked.service.accounts.issue_token(asked.who, rights, jours, name)
    return await _tokens(asked, issued=issued, status=201)


@router.post("/jetons/revocation")
async def revoke(asked: AskedDep, jeton: Annotated[str, Form(max_length=32)] = "") -> Response:
    """End a token, or a session."""
    await asked.service.accounts.revoke_token(asked.who, jeton)
    return RedirectResponse("/jetons", 303)


async def _tokens(
    asked: Asked,
    *,
    issued: IssuedToken | None = None,
    typed: dict[str, object] | None = None,
    faults: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    kept = await asked.service.accounts.tokens(asked.who)
    return asked.page(
        "jetons.html",
        status,
        personnels=[one for one in kept if one.kind is TokenKind.PERSONAL],
        sessions=[one for one in kept if one.kind is TokenKind.SESSION],
        miens=in_order(asked.who.rights),
        montrer=in_order,
        durees=LIVES_DAYS,
        cree=issued,
        saisie=typed or {"nom": "", "jours": 90, "droits": frozenset()},
        faute=faults or {},
    )
