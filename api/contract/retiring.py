"""How an operation goes: marked in the document, told in each answer (RFC 9745, RFC 8594) six months at least."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, TypeVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST = timedelta(days=183)
"""Six months: see « Versions » in docs/api.md."""
_MARK = "__retired__"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Retired:
    """What is told of an operation that goes.

    Attributes:
        since: When it was told, in UTC.
        sunset: When it goes, in UTC.
        instead: Address of what takes its place; ``None``: nothing does.
    """

    since: datetime
    sunset: datetime
    instead: str | None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of each of its answers."""
        found = {
            "Deprecation": f"@{int(self.since.timestamp())}",  # a date of RFC 9651
            "Sunset": format_datetime(self.sunset, usegmt=True),
        }
        return found if self.instead is None else {**found, "Link": f'<{self.instead}>; rel="successor-version"'}


def retired(since: str, sunset: str, instead: str | None = None) -> Callable[[F], F]:
    """Mark the function of a route, under its decorator; days as ``2026-01-31``; `ValueError` below six months."""
    told = Retired(_day(since), _day(sunset), instead)
    if told.sunset - told.since < LEAST:
        raise ValueError(f"{sunset}: what goes is told {LEAST.days} days before")

    def mark(function: F) -> F:
        setattr(function, _MARK, told)
        return function

    return mark


def retirement(endpoint: object) -> Retired | None:
    """What is told of the function of a route."""
    found: Retired | None = getattr(endpoint, _MARK, None)
    return found


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Retirement:
    """ASGI middleware: adds the headers to every answer of such an operation, refusals too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The endpoint is known once the application has found its route."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = retirement(scope.get("endpoint"))
                if found is not None:
                    MutableHeaders(scope=message).update(found.headers)
            await send(message)

        await self._app(scope, receive, told)
