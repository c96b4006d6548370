"""Errors as the page shows them: a French page, a message in the page for htmx, or the way to the sign-in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from api.i18n import DEFAULT, Language
from api.problems import TITLES, describe, language_of
from api.security.sign_in import COOKIE, forget
from api.web.labels import say
from api.web.rendering import page
from domain.errors import DiagnosticsError, UnauthenticatedError

Handler = Callable[[Request, Exception], Awaitable[Response]]


class PageRoute(APIRoute):
    """A route of the page: its errors are shown in HTML, in French, never as JSON."""

    def language(self, _request: Request) -> Language:
        """The language of its errors."""
        return DEFAULT

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with errors turned into pages."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            langue = self.language(request)
            try:
                return await inner(request)
            except UnauthenticatedError:
                return to_sign_in(request)
            except DiagnosticsError as error:
                status, sentence, _ = describe(error, langue)
                return failure(request, status, sentence, langue)
            except RequestValidationError:
                return failure(request, 400, None, langue)
            except HTTPException as error:
                return failure(request, error.status_code, None, langue)

        return handle


class BilingualRoute(PageRoute):
    """A route of a page that speaks French and English: so do its errors."""

    def language(self, request: Request) -> Language:
        """What the browser asks for."""
        return language_of(request)


def by_htmx(request: Request) -> bool:
    """Whether htmx asks, for a part of the page."""
    return request.headers.get("hx-request") == "true"


def failure(request: Request, status: int, sentence: str | None = None, langue: Language = DEFAULT) -> Response:
    """The error, as a page of its own or as a message in the page that asked."""
    if langue == "en":
        title = TITLES.get(status, "Error")
        detail = sentence or title
    else:
        title = say("erreur", str(status), "500")
        detail = sentence or say("detail", str(status), "404" if status < 500 else "500")
    if by_htmx(request):
        response: Response = page(request, "_message.html", status, langue=langue, titre=title, detail=detail)
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    told = {"titre": title, "detail": detail, "statut": status, "connecte": COOKIE in request.cookies}
    return page(request, "erreur.html", status, langue=langue, **told)


def to_sign_in(request: Request) -> Response:
    """To the sign-in page, and back here afterwards."""
    had_session = COOKIE in request.cookies
    query = {"suite": _here(request)} | ({"motif": "expiree"} if had_session else {})
    address = f"/connexion?{urlencode(query)}"
    if by_htmx(request):
        response: Response = Response(status_code=401, headers={"HX-Redirect": address})
    elif request.headers.get("accept") == "text/event-stream":
        response = Response(status_code=401)
    else:
        response = RedirectResponse(address, 303)
    if had_session:
        forget(response)
    return response


def _here(request: Request) -> str:
    shown = urlsplit(request.headers.get("hx-current-url", "")) if by_htmx(request) else request.url
    return f"{shown.path}?{shown.query}" if shown.query else shown.path or "/"


def install(app: FastAPI) -> None:
    """Show a browser that wanders off the API's addresses a page instead of JSON."""
    for kind, status in ((HTTPException, 404), (Exception, 500)):
        app.add_exception_handler(kind, _html_or(app.exception_handlers[kind], status))


def _html_or(otherwise: Callable[[Request, Any], Any], status: int) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        response: Response = await otherwise(request, error)  # it also records the error
        if not _wants_page(request):
            return response
        return failure(request, getattr(error, "status_code", status))

    return handle


def _wants_page(request: Request) -> bool:
    accepts = by_htmx(request) or "text/html" in request.headers.get("accept", "")
    return accepts and not request.url.path.startswith("/api/")
