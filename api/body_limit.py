"""Refuses bodies that are too large, whether they announce their length or not."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 4 * 1024 * 1024
"""Octets: a bulk of outside plant of a full OLT (16,384 ONTs) is under 3 MiB."""
LARGER = {"/api/v1/access-imports": 32 * 1024 * 1024}
"""By path: a file of 20,000 accesses with their buildings, as JSON, has some 20 MB."""


def limit_of(path: str) -> int:
    """Octets that a body may have there."""
    return LARGER.get(path, BODY_LIMIT)


class BodyLimit:
    """ASGI middleware: a body above the limit raises 413 where it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the octets of the body as they come."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen, limit = 0, limit_of(scope["path"])

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
