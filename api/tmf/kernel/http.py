"""How the interfaces answer: their media type, their error document, absolute references."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

PREFIX = "/tmf-api/"
_REFERENCES = frozenset({"href", "url"})
_OURS = (PREFIX, "/api/v1/")

Json = dict[str, Any]

Dialect = Callable[[Any], Any]
"""How the documents of an interface are told at another of its addresses."""


class TmfResponse(JSONResponse):
    """JSON in UTF-8, letters as they are: clients look for a value in the text of an answer."""

    media_type = "application/json;charset=utf-8"

    def render(self, content: Any) -> bytes:
        """The octets; a lone surrogate that a client sent in an attribute of its own goes back as it came."""
        try:
            return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:
            return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


class TmfError(BaseModel):
    """The error document of TMF630."""

    code: str
    reason: str
    message: str
    status: str


MEANING = {
    400: "Malformed request",
    401: "Token missing or not valid",
    403: "Right missing",
    404: "Unknown to your operator",
    405: "Operation that this resource does not take",
    409: "The state of the resource does not allow it",
    413: "Content too large",
    429: "Too many requests: see Retry-After",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may answer these errors."""
    return {status: {"description": MEANING[status], "model": TmfError} for status in statuses}


def words(name: str) -> str:
    """A name in camel case as the names of operations write it: ``serviceTest`` gives ``service_test``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def is_tmf(request: Request) -> bool:
    """Whether a request is for one of these interfaces."""
    return request.url.path.startswith(PREFIX)


def error_response(
    status: int,
    title: str,
    detail: str,
    faults: Sequence[Mapping[str, str]],
    headers: Mapping[str, str],
) -> TmfResponse:
    """The error document; what is wrong in a value is a 400 here, and names its field."""
    status = 400 if status == 422 else status
    named = " ; ".join(f"{one['field']} : {one['detail']}" for one in faults)
    body = {
        "code": str(status),
        "reason": title,
        "message": named or detail,
        "status": str(status),
        "@type": "Error",
    }
    return TmfResponse(body, status, headers=dict(headers))


def answer(request: Request, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> TmfResponse:
    """A document or a list, in the dialect of the address asked, its references made absolute."""
    dialect: Dialect | None = getattr(request.state, "tmf_dialect", None)
    said = content if dialect is None else dialect(content)
    base = str(request.base_url).rstrip("/")
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return TmfResponse(_absolute(said, base), status, headers=kept)


def created(request: Request, document: Json) -> TmfResponse:
    """A new document, and where it is."""
    found = answer(request, document, 201)
    found.headers["Location"] = f"{request.url.path.rstrip('/')}/{document['id']}"
    return found


def _absolute(content: Any, base: str) -> Any:
    if isinstance(content, list):
        return [_absolute(item, base) for item in content]
    if isinstance(content, dict):
        return {
            key: f"{base}{value}"
            if key in _REFERENCES and isinstance(value, str) and value.startswith(_OURS)
            else _absolute(value, base)
            for key, value in content.items()
        }
    return content
