"""Signing in to the page: an access token pasted, or a link that works once; and signing out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, Form, Request, Response
from starlette.responses import RedirectResponse

from api.bootstrap import Service
from api.deps import ServiceDep
from api.oidc.provider import Provider
from api.problems import describe
from api.routing import Router
from api.security.sign_in import COOKIE, forget, remember
from api.web.errors import PageRoute
from api.web.labels import say
from api.web.rendering import page
from domain.errors import ForbiddenError, FormError, TooManyError, UnauthenticatedError
from domain.secret import Secret

router = Router(route_class=PageRoute, include_in_schema=False)

_MAX_TOKEN = 512
_MOTIFS = frozenset({"expiree", "deconnexion", "choisi"})


def local_path(text: str) -> str:
    r"""The path of this site that the text names; ``/`` for what could lead elsewhere (``//host``, ``/\host``)."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    if not plain or not text.startswith("/") or text.startswith("//"):
        return "/"
    found = urlsplit(text)
    return text if not found.scheme and not found.netloc else "/"


async def from_this_site(request: Request) -> None:
    """Refuse a form that another site sent; browsers say so themselves (Fetch Metadata)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise ForbiddenError("same-origin")


@router.get("/connexion")
async def form(
    request: Request, service: ServiceDep, suite: str = "/", motif: str = "", fournisseur: str = ""
) -> Response:
    """The sign-in form; after a sign-out, the way out of the provider that had signed in."""
    message = say("motif", motif) if motif in _MOTIFS else None
    left = next((one for one in service.oidc.providers if one.name == fournisseur), None)
    return _form(request, service, local_path(suite), message=message, sortie=left)


@router.post("/connexion", dependencies=[Depends(from_this_site)])
async def sign_in(
    request: Request,
    service: ServiceDep,
    jeton: Annotated[str, Form()] = "",
    suite: Annotated[str, Form()] = "/",
) -> Response:
    """Sign in with an access token."""
    token, target = jeton.strip(), local_path(suite)
    if not token:
        return _form(request, service, target, 422, erreur=say("saisie", "jeton vide"))
    try:
        await service.records.tokens.authenticate(token[:_MAX_TOKEN], service.clock.now())
    except UnauthenticatedError:
        return _form(request, service, target, 401, erreur=say("motif", "jeton"))
    response = RedirectResponse(target, 303)
    remember(response, token, secure=service.settings.secure_cookies)
    return response


@router.get("/connexion/compte")
async def password_sign_in(request: Request, suite: str = "/") -> Response:
    """The sign-in form by login and password."""
    return page(request, "compte.html", suite=local_path(suite), erreur=None)


@router.post("/connexion/compte", dependencies=[Depends(from_this_site)])
async def sign_in_by_password(
    request: Request,
    service: ServiceDep,
    operateur: Annotated[str, Form(max_length=64)] = "",
    login: Annotated[str, Form(max_length=100)] = "",
    mot_de_passe: Annotated[str, Form(max_length=512)] = "",
    suite: Annotated[str, Form()] = "/",
) -> Response:
    """Sign in with a login and its password."""
    target = local_path(suite)
    try:
        issued = await service.accounts.sign_in(operateur.strip(), login.strip(), Secret(mot_de_passe))
    except UnauthenticatedError:
        status, erreur = 401, say("motif", "mot de passe")
    except TooManyError as error:
        status, erreur = 429, describe(error, "fr")[1]
    else:
        response = RedirectResponse(target, 303)
        remember(response, issued.token.reveal(), secure=service.settings.secure_cookies)
        return response
    return page(request, "compte.html", status, suite=target, erreur=erreur, operateur=operateur, login=login)


@router.get("/mot-de-passe")
async def password_form(request: Request) -> Response:
    """Where the owner of an account sets his password. The code is typed: it never stands in an address."""
    return page(request, "mot_de_passe.html", code="", erreur=None)


@router.post("/mot-de-passe", dependencies=[Depends(from_this_site)])
async def set_password(
    request: Request,
    service: ServiceDep,
    code: Annotated[str, Form(max_length=128)] = "",
    mot_de_passe: Annotated[str, Form(max_length=512)] = "",
) -> Response:
    """Set a password with the code that was received."""
    try:
        await service.accounts.set_password(Secret(code.strip()), Secret(mot_de_passe))
    except UnauthenticatedError:
        return page(request, "mot_de_passe.html", 401, code="", erreur=say("motif", "code"))
    except FormError as error:
        erreur = describe(error, "fr")[2][0]["detail"]
        return page(request, "mot_de_passe.html", 422, code=code.strip(), erreur=erreur)
    return RedirectResponse("/connexion?motif=choisi", 303)


@router.get("/connexion/{code}")
async def redeem(request: Request, code: str, service: ServiceDep, suite: str = "/") -> Response:
    """Sign in with a link that works once."""
    target = local_path(suite)
    try:
        token = service.codes.redeem(code)
        await service.records.tokens.authenticate(token, service.clock.now())
    except UnauthenticatedError:
        return _form(request, service, target, 401, erreur=say("motif", "lien"))
    # A redirection that another site began does not carry a same-site cookie: there, our own page moves on.
    if request.headers.get("sec-fetch-site") == "cross-site":
        response: Response = page(request, "connecte.html", suite=target)
    else:
        response = RedirectResponse(target, 303, headers={"Referrer-Policy": "no-referrer"})
    remember(response, token, secure=service.settings.secure_cookies)
    return response


@router.post("/deconnexion", dependencies=[Depends(from_this_site)])
async def sign_out(request: Request, service: ServiceDep) -> Response:
    """End the session; a personal token that was pasted is only taken away from this browser."""
    cookie = request.cookies.get(COOKIE)
    provider = None
    if cookie is not None:
        provider = await service.records.tokens.end_session(cookie, service.clock.now())
    query = {"motif": "deconnexion"} | ({"fournisseur": provider} if provider else {})
    response = RedirectResponse(f"/connexion?{urlencode(query)}", 303)
    forget(response)
    return response


def _form(
    request: Request,
    service: Service,
    suite: str,
    status: int = 200,
    *,
    message: str | None = None,
    erreur: str | None = None,
    sortie: Provider | None = None,
) -> Response:
    return page(
        request,
        "connexion.html",
        status,
        suite=suite,
        message=message,
        erreur=erreur,
        fournisseurs=service.oidc.providers,
        sortie=sortie,
    )
