"""Where the contract is read: the document and its pages, in the language asked for or in a given one."""

from __future__ import annotations

from typing import Literal

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from api.contract.document import document
from api.contract.pages import page
from api.deps import LanguageDep
from api.i18n import Language
from api.routing import Router

router = Router(include_in_schema=False)


def _answer(request: Request, language: Language) -> JSONResponse:
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-cache"}
    return JSONResponse(document(request.app, language), headers=headers)


@router.get("/openapi.json")
async def negotiated(request: Request, language: LanguageDep) -> Response:
    """The document in the language of ``Accept-Language``."""
    return _answer(request, language)


@router.get("/openapi.{language}.json")
async def given(request: Request, language: Literal["fr", "en"]) -> Response:
    """The document in one language."""
    return _answer(request, language)


@router.get("/docs")
async def pages(language: LanguageDep) -> Response:
    """The pages in the language of ``Accept-Language``."""
    return RedirectResponse(f"/docs/{language}", 303, headers={"Vary": "Accept-Language"})


@router.get("/docs/{language}")
async def shown(request: Request, language: Literal["fr", "en"]) -> HTMLResponse:
    """The pages in one language."""
    pages: dict[Language, str] = request.app.state.__dict__.setdefault("_contract_pages", {})
    if language not in pages:
        pages[language] = page(document(request.app, language), language)
    headers = {
        "Content-Language": language,
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(pages[language], headers=headers)
