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


_MEANING = {
    401: "Jeton absent ou invalide",
    403: "Droit manquant",
    404: "Inconnu de votre opérateur",
    409: "Conflit avec l'existant",
    413: "Contenu trop volumineux",
    415: "Type de contenu non pris en charge",
    422: "Valeur invalide",
    429: "Trop de demandes : voir Retry-After",
    502: "L'équipement ou le serveur de télémétrie a répondu autre chose que ce qui est attendu",
    504: "L'équipement ou le serveur de télémétrie n'a pas répondu",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may answer these errors."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _MEANING[status], "model": Problem, "content": content} for status in statuses}
