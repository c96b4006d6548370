"""The HTTP side of the ACS, straight on ASGI: bounded bodies in, one answer out."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from collectors.boxes.envelope import EnvelopeError
from collectors.boxes.session import Peer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class BodyTooLargeError(Exception):
    """A body above the limit, plain or inflated."""


class ClientGoneError(Exception):
    """The box closed the connection before the end of its request."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the ACS needs of a request."""

    peer: Peer | None
    cookie: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; ``close`` ends the connection after it."""

    status: int
    body: bytes = b""
    cookie: str | None = None
    close: bool = False


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Headers by lower-case name; several Cookie lines are one."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers[name] = headers[name] + b";" + value if name == b"cookie" and name in headers else value
    return headers


async def read_request(scope: Scope, receive: Receive, limit: int) -> Request:
    """Read a request; raises `BodyTooLargeError`, `ClientGoneError`, or `EnvelopeError` on a broken compression."""
    headers = headers_of(scope)
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > limit:
        raise BodyTooLargeError
    received = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        received += message.get("body", b"")
        if len(received) > limit:
            raise BodyTooLargeError
        more = message.get("more_body", False)
    client = scope.get("client")
    return Request(
        peer=(client[0], client[1]) if client else None,
        cookie=headers.get(b"cookie", b"").decode("latin-1"),
        content_type=headers.get(b"content-type", b"").decode("latin-1"),
        body=inflate(bytes(received), headers.get(b"content-encoding", b"").strip().lower(), limit),
    )


def inflate(body: bytes, encoding: bytes, limit: int) -> bytes:
    """The body without its gzip or deflate coding, never more than ``limit`` bytes of it."""
    if not body or encoding in (b"", b"identity"):
        return body
    if encoding in (b"gzip", b"x-gzip"):
        return _decompress(body, 16 + zlib.MAX_WBITS, limit)
    if encoding == b"deflate":
        try:
            return _decompress(body, zlib.MAX_WBITS, limit)
        except EnvelopeError:  # raw deflate, without the zlib header that RFC 9110 8.4.1.2 asks for
            return _decompress(body, -zlib.MAX_WBITS, limit)
    raise EnvelopeError("encoding")


def _decompress(body: bytes, window: int, limit: int) -> bytes:
    machine = zlib.decompressobj(window)
    try:
        result = machine.decompress(body, limit + 1)
    except zlib.error as error:
        raise EnvelopeError("encoding") from error
    if len(result) > limit:
        raise BodyTooLargeError
    if not machine.eof:
        raise EnvelopeError("encoding")
    return result


async def send_response(send: Send, response: Response) -> None:
    """Write an answer."""
    headers: list[tuple[bytes, bytes]] = []
    if response.body:
        headers.append((b"content-type", b'text/xml; charset="utf-8"'))
    if response.status != 204:
        headers.append((b"content-length", str(len(response.body)).encode()))
    if response.cookie:
        headers.append((b"set-cookie", response.cookie.encode()))
    if response.close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
