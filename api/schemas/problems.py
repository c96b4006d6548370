"""The error document, as OpenAPI declares it on each route."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class FieldProblem(BaseModel):
    """One field at fault."""

    field: str
    detail: str


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem] = []


MEANING = {
    400: "Malformed request",
    401: "Token missing or not valid",
    403: "Right missing",
    404: "Unknown to your operator",
    409: "Conflict with what exists",
    413: "Content too large",
    415: "Content type not supported",
    422: "Invalid value",
    424: "The equipment did not answer, or something else than expected",
    429: "Too many requests: see Retry-After",
    504: "The telemetry server did not answer",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may answer these errors."""
    return {status: {"description": MEANING[status], "model": Problem} for status in statuses}
