"""Routers of the interfaces."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.routing import Router

_UNSAID = frozenset({"", "text/plain"})
"""Media types of clients that say none: collections of requests send their bodies so."""


class TmfRoute(APIRoute):
    """Reads a body of no said type as the JSON that it is, of a client that gives its token in the request."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of FastAPI, behind that."""
        handle = super().get_route_handler()

        async def lenient(request: Request) -> Response:
            said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if said in _UNSAID and "authorization" in request.headers:
                kept = [pair for pair in request.scope["headers"] if pair[0] != b"content-type"]
                headers = [*kept, (b"content-type", b"application/json")]
                request = Request({**request.scope, "headers": headers}, request.receive)
            return await handle(request)

        return lenient


def face_router(root: str, tag: str) -> Router:
    """The router of one interface at one address."""
    return Router(prefix=root, tags=[tag], route_class=TmfRoute)
