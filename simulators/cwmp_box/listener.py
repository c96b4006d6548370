"""The connection-request port of a whole park of boxes (TR-069 3.2.2): one listener, a path for each box."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from simulators.cwmp_box.digest import DigestGate
from simulators.cwmp_box.http import Head, HttpError, read_head
from simulators.streams import StreamServer

_HEAD_TIMEOUT_S = 10.0  # C: a client that sends no request is left
_MAX_HEAD = 16 * 1024  # C
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}


class Target(Protocol):
    """A box as its connection-request URL shows it."""

    @property
    def answers(self) -> bool:
        """Whether it answers at all."""
        ...

    @property
    def credentials(self) -> tuple[str, str]:
        """Username and password in force."""
        ...

    def requested(self) -> None:
        """An ACS asks it for a session."""
        ...


class RequestListener:
    """Serves connection requests. A box that does not answer keeps the caller waiting: its stack is stuck or away."""

    def __init__(self, find: Callable[[str], Target | None]) -> None:
        self._find = find
        self._gate = DigestGate()
        self._server: StreamServer | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen; returns the port in use."""
        self._server = StreamServer(self._serve, host, port, _MAX_HEAD)
        return await self._server.open()

    async def close(self) -> None:
        """Stop listening and drop every caller."""
        if self._server is not None:
            await self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except HttpError:
            writer.write(_response(400))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(_HEAD_TIMEOUT_S):
                head = await read_head(reader)
            if head is None:
                return
            answer = self._answer(head)
            if answer is None:
                await _ignore(reader)
                return
            writer.write(answer)
            await writer.drain()
            if head.headers.get("connection", "").lower() == "close":
                return

    def _answer(self, head: Head) -> bytes | None:
        words = head.first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise HttpError("not a request line")
        method, path = words[0], words[1]
        target = self._find(path)
        if target is None:
            return _response(404)
        if not target.answers:
            return None
        if method != "GET":
            return _response(405)
        username, password = target.credentials
        if not self._gate.admits(head.headers.get("authorization", ""), path, username, password):
            return _response(401, f"WWW-Authenticate: {self._gate.challenge()}\r\n")
        target.requested()
        return _response(200)


async def _ignore(reader: asyncio.StreamReader) -> None:
    """Say nothing until the caller gives up."""
    while await reader.read(4096):
        pass


def _response(status: int, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} {_REASONS[status]}\r\n{headers}Content-Length: 0\r\n\r\n".encode()
