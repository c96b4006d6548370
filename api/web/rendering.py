"""Templates and the headers of every HTML answer: nothing inline runs, nothing foreign loads, nothing is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.i18n import DEFAULT, Language, translate
from api.web import drawing, labels, rights, views
from domain.building import LABELS
from teleactions.catalogue import catalogue

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
_YEAR_S = 365 * 24 * 3600


class Templates:
    """Renders the page's templates."""

    def __init__(self) -> None:
        versions = {
            path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            for path in STATIC.rglob("*")
            if path.is_file()
        }
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "static": lambda name: f"/static/{name}?v={versions[name]}",
            "_": _words,
            "libelles_immeuble": LABELS,
        }
        self._environment.filters |= {
            name: getattr(labels, name)
            for name in (
                "label", "box_value", "told_on", "instant", "instant_s", "percent",
                "duration", "seconds", "metres", "provenance",
                "provenance_in_full",
                "jour", "jours", "duree", "decibels", "niveau", "perte", "ecart", "du_bati",
            )
        }  # fmt: skip
        self._environment.tests["running"] = views.is_running
        self._environment.tests["instant"] = lambda value: isinstance(value, datetime)
        self._environment.filters |= {"sources": views.expected_sources, "in_order": views.in_order}
        self._environment.filters["droits"] = rights.in_order
        self._environment.filters["teleaction"] = _teleaction
        self._environment.filters["dessin"] = drawing.drawing
        self._environment.filters["dire"] = lambda name, context, otherwise=None: labels.say(context, name, otherwise)

    def render(self, template: str, **values: object) -> str:
        """The text of a template."""
        return self._environment.get_template(template).render(values)


def _teleaction(name: str) -> str:
    """What a téléaction is called; one that the catalogue no longer has keeps its name."""
    spec = catalogue().get(name)
    return name if spec is None else translate("fr", spec.label)


@pass_context
def _words(context: Context, text: str, **fields: object) -> str:
    """``_("English text")`` of a template, in the language of the page."""
    return labels.words(context.get("langue", DEFAULT), text, **fields)


def page(
    request: Request, template: str, status: int = 200, *, langue: Language = DEFAULT, **values: object
) -> HTMLResponse:
    """An HTML answer with its security headers; French where the page has no other language."""
    nonce = secrets.token_urlsafe(16)
    templates = cast("Templates", request.app.state.templates)
    body = templates.render(template, nonce=nonce, langue=langue, **values)
    return HTMLResponse(body, status, headers=_headers(nonce, langue))


def _headers(nonce: str, langue: Language) -> dict[str, str]:
    policy = (
        "default-src 'none'",
        f"script-src 'nonce-{nonce}'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Content-Language": langue,
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


class _Assets(StaticFiles):
    """Files whose address changes with their content: kept by browsers for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with its headers."""
        response = await super().get_response(path, scope)
        response.headers["X-Content-Type-Options"] = "nosniff"
        if response.status_code == 200 and b"v=" in cast("dict[str, Any]", scope).get("query_string", b""):
            response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
        return response


def mount(app: FastAPI) -> None:
    """Load the templates and serve the static files."""
    app.state.templates = Templates()
    app.mount("/static", _Assets(directory=STATIC), name="static")
