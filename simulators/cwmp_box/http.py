"""HTTP/1.1 in the little that a box needs: a keep-alive client with cookies, and the head of a request.

Raw streams rather than a library: a park of boxes shares one process and one event loop, and a session is six messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from simulators.cwmp_box.authorization import Login

_MAX_HEAD = 16 * 1024  # C: octets of a status line and its headers
_MAX_BODY = 4 * 1024 * 1024  # C: octets of an ACS's message


class HttpError(Exception):
    """Not HTTP, or more than a box takes."""


class StatusError(HttpError):
    """A server did not give or take a file.

    Attributes:
        status: What it answered.
    """

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"HTTP {status}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where an ACS listens."""

    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read ``http://host:port/path``; raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"an http:// URL is needed, not {url!r}")
        query = f"?{parts.query}" if parts.query else ""
        return cls(parts.hostname, parts.port or 80, (parts.path or "/") + query)


@dataclass(frozen=True, slots=True)
class Head:
    """First line and headers of a message; header names in lower case."""

    first: str
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    challenges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """An ACS's answer."""

    status: int
    body: bytes


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """Read a head; ``None`` at the end of the stream. Raises `HttpError`."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise HttpError("a head cut short") from error
        return None
    except asyncio.LimitOverrunError as error:
        raise HttpError("a head too long") from error
    lines = raw.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    cookies: list[str] = []
    challenges: list[str] = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
            if name.strip().lower() == "set-cookie":
                cookies.append(value.partition(";")[0].strip())
            elif name.strip().lower() == "www-authenticate":
                challenges.append(value.strip())
    return Head(lines[0], headers, tuple(cookies), tuple(challenges))


class AcsConnection:
    """The connection of one session. It is opened again when the ACS closes it between two messages.

    ``login`` answers the ACS when it asks who the box is.
    """

    def __init__(self, address: Address, user_agent: str, login: Login | None = None) -> None:
        self._login = login or Login("", "")
        self._address = address
        self._user_agent = user_agent
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._cookies: dict[str, str] = {}

    async def post(self, body: bytes) -> Response:
        """Send one message and read the answer. Raises OSError, `HttpError` or EOFError."""
        response, challenges = await self._once(body)
        if response.status == 401 and self._login.challenged(challenges):
            response, _ = await self._once(body)
        return response

    async def _once(self, body: bytes) -> tuple[Response, tuple[str, ...]]:
        reader, writer = await self._open()
        writer.write(self._head(body) + body)
        await writer.drain()
        head = await read_head(reader)
        if head is None:
            raise EOFError("the ACS closed the connection")
        for cookie in head.cookies:
            name, _, value = cookie.partition("=")
            self._cookies[name] = value
        response = Response(_status(head), await _body(reader, head))
        if head.headers.get("connection", "").lower() == "close":
            await self.close()
        return response, head.challenges

    async def close(self) -> None:
        """Close the connection."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            writer.close()
            try:
                await writer.wait_closed()
            except OSError:
                return  # the ACS had closed it already

    def abort(self) -> None:
        """Drop the connection at once, as a box that loses power."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._writer is None or self._reader.at_eof():
            await self.close()
            self._reader, self._writer = await asyncio.open_connection(
                self._address.host, self._address.port, limit=_MAX_HEAD
            )
        return self._reader, self._writer

    def _cookie_line(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def _head(self, body: bytes) -> bytes:
        lines = [
            f"POST {self._address.path} HTTP/1.1",
            f"Host: {self._address.host}:{self._address.port}",
            f"User-Agent: {self._user_agent}",
            f"Content-Length: {len(body)}",
        ]
        if body:
            lines += ['Content-Type: text/xml; charset="utf-8"', 'SOAPAction: ""']
        if cookies := self._cookie_line():
            lines.append(f"Cookie: {cookies}")
        if authorization := self._login.header("POST", self._address.path):
            lines.append(f"Authorization: {authorization}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def get(address: Address, login: Login) -> bytes:
    """Fetch a file. Raises OSError, `HttpError` or EOFError; `StatusError` when the server does not give it."""
    return await _transfer("GET", address, login, b"")


async def put(address: Address, login: Login, file: bytes) -> None:
    """Send a file. Raises as `get` does."""
    await _transfer("PUT", address, login, file)


async def _transfer(method: str, address: Address, login: Login, file: bytes) -> bytes:
    head, body = await _ask(method, address, login, file)
    if _status(head) == 401 and login.challenged(head.challenges):
        head, body = await _ask(method, address, login, file)
    if not 200 <= _status(head) < 300:
        raise StatusError(_status(head))
    return body


async def _ask(method: str, address: Address, login: Login, file: bytes) -> tuple[Head, bytes]:
    lines = [f"{method} {address.path} HTTP/1.1", f"Host: {address.host}:{address.port}", "Connection: close"]
    if method == "PUT":
        lines += [f"Content-Length: {len(file)}", "Content-Type: application/octet-stream"]
    if authorization := login.header(method, address.path):
        lines.append(f"Authorization: {authorization}")
    reader, writer = await asyncio.open_connection(address.host, address.port, limit=_MAX_HEAD)
    try:
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + file)
        await writer.drain()
        head = await read_head(reader)
        if head is None:
            raise EOFError("no answer")
        return head, await _body(reader, head)
    finally:
        writer.close()


def _status(head: Head) -> int:
    words = head.first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
        raise HttpError("not a status line")
    return int(words[1])


async def _body(reader: asyncio.StreamReader, head: Head) -> bytes:
    if _status(head) == 204:
        return b""
    if head.headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    length = head.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > _MAX_BODY:
        raise HttpError("a body too long")
    return await reader.readexactly(int(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        line = await reader.readline()
        try:
            length = int(line.split(b";")[0], 16)
        except ValueError as error:
            raise HttpError("not a chunk") from error
        size += length
        if size > _MAX_BODY:
            raise HttpError("a body too long")
        part = await reader.readexactly(length + 2)
        if not length:
            return b"".join(parts)
        parts.append(part[:-2])
