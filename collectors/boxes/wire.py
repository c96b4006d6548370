"""What the ACS needs of an HTTP request, and the bytes of its answers."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from http import HTTPStatus

from collectors.boxes.envelope import EnvelopeError
from collectors.boxes.session import Peer


class BodyTooLargeError(Exception):
    """A body above the limit, plain or inflated."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the ACS needs of a request.

    Attributes:
        method: Its HTTP method.
        peer: The TCP connection.
        cookie: Cookie lines, joined.
        content_type: Content-Type.
        body: The body as it came.
        encoding: Content-Encoding, lower case.
        authorization: Authorization.
        tls: Whether it came over TLS.
        certificate: Common name of the verified client certificate, ``None`` without one.
    """

    method: str
    peer: Peer | None
    cookie: str
    content_type: str
    body: bytes
    encoding: bytes = b""
    authorization: str = ""
    tls: bool = False
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; ``close`` ends the connection after it, ``challenges`` are those of a 401."""

    status: int
    body: bytes = b""
    cookie: str | None = None
    close: bool = False
    challenges: tuple[str, ...] = ()

    def encode(self, *, close: bool) -> bytes:
        """Its bytes, head and body in one: written apart they would cost a box 40 ms an exchange."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        if self.body:
            lines.append('Content-Type: text/xml; charset="utf-8"')
        if self.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(self.body)}")
        lines += [f"WWW-Authenticate: {challenge}" for challenge in self.challenges]
        if self.cookie:
            lines.append(f"Set-Cookie: {self.cookie}")
        if close:
            lines.append("Connection: close")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


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
