"""Addresses of the TM Forum interfaces as clients write them."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASHES = re.compile("//+")


class OneSlash:
    """ASGI middleware: several slashes are one, since a base that ends with one is joined to paths that begin with one.

    The kits of R18 do so when they are given the base that their own instructions show.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever comes after, rights included, sees the address with single slashes."""
        if scope["type"] == "http" and "//" in scope["path"]:
            path = _SLASHES.sub("/", scope["path"])
            if path.startswith("/tmf-api/"):
                scope = {**scope, "path": path}
        await self._app(scope, receive, send)
