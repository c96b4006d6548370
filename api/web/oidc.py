"""Signing in through an OpenID Connect provider: to it, back from it, and out of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response
from starlette.responses import RedirectResponse

from api.deps import LanguageDep, ServiceDep
from api.i18n import Language
from api.oidc.errors import SignInError
from api.oidc.service import Answer
from api.problems import describe
from api.routing import Router
from api.security.sign_in import remember
from api.web.errors import BilingualRoute
from api.web.rendering import page
from api.web.sign_in import local_path

router = Router(route_class=BilingualRoute, include_in_schema=False)

COOKIE = "jf_attempt"
_PATH = "/connexion/oidc"
_LIFE_S = 600

Name = Annotated[str, Path(pattern="^[a-z0-9-]{1,32}$")]
Text = Annotated[str, Query(max_length=4096)]


async def answer(state: Text = "", code: Text = "", error: Text = "", iss: Text = "") -> Answer:
    """What the provider sent back."""
    return Answer(state, code, error, iss)


@router.get("/connexion/oidc/{provider}")
async def begin(
    request: Request, provider: Name, service: ServiceDep, language: LanguageDep, suite: str = "/"
) -> Response:
    """To the provider. What proves that this browser began stays in it; same-site lax: the way back is another's."""
    try:
        attempt, url = await service.oidc.begin(provider, local_path(suite), language)
    except SignInError as error:
        return _refused(request, error, language, provider, local_path(suite))
    response = RedirectResponse(url, 303, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    secure = service.settings.secure_cookies
    response.set_cookie(
        COOKIE, attempt.browser, max_age=_LIFE_S, httponly=True, secure=secure, samesite="lax", path=_PATH
    )
    return response


@router.get("/connexion/oidc/{provider}/retour")
async def end(
    request: Request,
    provider: Name,
    service: ServiceDep,
    language: LanguageDep,
    came: Annotated[Answer, Depends(answer)],
) -> Response:
    """Back from the provider: a session, or the reason why there is none."""
    browser = request.cookies.get(COOKIE, "")
    try:
        issued, target = await service.oidc.end(provider, browser, came)
    except SignInError as refusal:
        return _refused(request, refusal, language, provider, "/")
    # The provider's redirection carries no strict same-site cookie to where it leads: our own page moves on.
    response = page(request, "connecte.html", langue=language, suite=target)
    remember(response, issued.token.reveal(), secure=service.settings.secure_cookies)
    response.delete_cookie(COOKIE, path=_PATH)
    return response


@router.get("/connexion/oidc/{provider}/deconnexion")
async def leave(request: Request, provider: Name, service: ServiceDep, language: LanguageDep) -> Response:
    """Out of the provider too."""
    try:
        url = await service.oidc.leaving(provider)
    except SignInError as error:
        return _refused(request, error, language, provider, "/")
    return RedirectResponse(url or "/connexion?motif=deconnexion", 303, headers={"Cache-Control": "no-store"})


def _refused(request: Request, error: SignInError, language: Language, provider: str, target: str) -> Response:
    status, sentence, _ = describe(error, language)
    response = page(
        request,
        "refus.html",
        status,
        langue=language,
        phrase=sentence,
        fournisseur=provider,
        suite=target,
        encore=error.status != 403,
    )
    response.delete_cookie(COOKIE, path=_PATH)
    return response
