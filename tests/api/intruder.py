"""Two requests that differ by their identifiers alone: those of another operator's objects, and those of nothing."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi.routing import APIRoute

STREAM_S = 0.3
"""How long a stream that was opened is listened to."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the application; ``queries``: the names of its query parameters."""

    method: str
    path: str
    queries: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``GET /api/v1/accesses/{id1}``."""
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        """Names of the parts of the path."""
        return re.findall(r"\{(\w+)(?::\w+)?\}", self.path)


def routes(of: Any, prefix: str = "") -> Iterator[Route]:
    """Every operation, from the router itself: one that is added tomorrow is in it."""
    for route in of:
        if isinstance(route, APIRoute):
            found: list[tuple[str, set[str] | None, Any]] = [(prefix + route.path, route.methods, route.dependant)]
        elif hasattr(route, "effective_route_contexts"):
            found = [
                (one.path, one.methods, getattr(one, "dependant", None)) for one in route.effective_route_contexts()
            ]
        else:
            continue
        for path, methods, dependant in found:
            for method in sorted((methods or set()) - {"HEAD"}):
                yield Route(method, path, tuple(sorted(_queries(dependant))))


def _queries(dependant: Any) -> set[str]:
    if dependant is None:
        return set()
    here = {param.alias for param in dependant.query_params}
    return here.union(*(_queries(one) for one in dependant.dependencies))


@dataclass(frozen=True, slots=True)
class Call:
    """A request to make."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, identifiers and instants blotted out."""

    status: int
    headers: Mapping[str, str]
    body: str
    raw: str


_NOT_COMPARED = {"content-length", "date", "server", "idempotency-key"}
_MOVING = [
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)"), "<instant>"),
    (re.compile(r"[0-9a-f]{32}"), "<hex>"),  # idempotency keys of forms
    (re.compile(r"nonce[-=]['\"]?[\w-]{22}"), "<nonce>"),
]


class Pair:
    """The identifiers of what exists elsewhere, each with one of the same shape of what exists nowhere."""

    def __init__(self, absent: Mapping[str, str]) -> None:
        self.absent = dict(absent)
        texts = sorted({*absent, *absent.values()}, key=len, reverse=True)
        self._any = re.compile("|".join(re.escape(text) for text in texts))

    def elsewhere(self, call: Call) -> Call:
        """The same request about nothing."""
        return Call(
            call.method,
            self._swap(call.path),
            tuple((name, self._swap(value)) for name, value in call.query),
            None if call.body is None else self._swap(call.body),
            call.kind,
        )

    def _swap(self, text: str) -> str:
        return self._any.sub(lambda found: self.absent.get(found[0], found[0]), text)

    def blotted(self, text: str) -> str:
        """Without identifiers, nor what changes from one moment to the next."""
        text = self._any.sub("#", text)
        for pattern, word in _MOVING:
            text = pattern.sub(word, text)
        return text


async def answer_to(client: httpx.AsyncClient, pair: Pair, call: Call) -> Answer:
    """Make the request; a stream is listened to for a moment."""
    content: dict[str, Any] = {}
    if call.kind == "file":
        content["files"] = {"file": ("a.txt", b"x")}
    elif call.body is not None:
        content["content"] = call.body.encode()
        content["headers"] = {"Content-Type": call.kind}
    try:
        async with asyncio.timeout(STREAM_S if call.path.endswith("/stream") else 30):
            got = await client.request(call.method, call.path, params=list(call.query), **content)
    except TimeoutError:
        return Answer(200, {}, "<stream>", "")
    headers = {name: pair.blotted(value) for name, value in got.headers.items() if name not in _NOT_COMPARED}
    return Answer(got.status_code, headers, pair.blotted(got.text), got.text)


def as_json(body: Any) -> str:
    """A body as it is sent."""
    return json.dumps(body, ensure_ascii=False)
