"""Names of operations: what clients call them, so they never change."""

from __future__ import annotations

import re

from fastapi.routing import APIRoute

_VERBS = {"GET": "read", "POST": "create", "PUT": "put", "PATCH": "change", "DELETE": "delete"}


def operation_name(route: APIRoute) -> str:
    """The name of a route that gives none itself: a verb, then the words of its address."""
    method = min((route.methods or set()) - {"HEAD"}, default="GET")
    path = re.sub(r"\{[^}]*\}|^/(api/v\d+|tmf-api)/", " ", route.path_format)
    words = re.findall(r"[A-Za-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", path))
    return "_".join([_VERBS.get(method, method.lower()), *(word.lower() for word in words)])
