"""A file server that boxes send to and fetch from: plain HTTP, with a digest challenge where it has a login."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass, field
from typing import Self

from simulators.streams import StreamServer


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode()).hexdigest()  # noqa: S324


@dataclass
class FileServer:
    """``async with FileServer() as files``: ``files.url("name")``, ``files.received``."""

    login: tuple[str, str] | None = None
    status: int = 0  # to answer whatever is asked
    files: dict[str, bytes] = field(default_factory=dict)
    received: dict[str, bytes] = field(default_factory=dict)
    port: int = 0

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    async def __aenter__(self) -> Self:
        self._server = StreamServer(self._serve, "127.0.0.1")
        self.port = await self._server.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"^Content-Length: (\d+)", head, re.MULTILINE | re.IGNORECASE)
        body = await reader.readexactly(int(length[1]) if length else 0)
        method, path = head.split(" ", 2)[:2]
        status, answer = self._answer(method, path.lstrip("/"), path, head, body)
        ask = 'WWW-Authenticate: Digest realm="files", nonce="n1", qop="auth"\r\n' if status == 401 else ""
        writer.write(f"HTTP/1.1 {status} X\r\n{ask}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)
        await writer.drain()

    def _answer(self, method: str, name: str, path: str, head: str, body: bytes) -> tuple[int, bytes]:
        if self.status:
            return self.status, b""
        if self.login is not None and not self._knows(method, path, head):
            return 401, b""
        if method == "PUT":
            self.received[name] = body
            return 201, b""
        return (200, self.files[name]) if name in self.files else (404, b"")

    def _knows(self, method: str, path: str, head: str) -> bool:
        found = re.search(r"^Authorization: Digest (.*)$", head, re.MULTILINE)
        if found is None or self.login is None:
            return False
        part = dict(re.findall(r'(\w+)="?([^",\r]*)"?', found[1]))
        one, two = _md5(self.login[0], "files", self.login[1]), _md5(method, path)
        return part["response"] == _md5(one, part["nonce"], part["nc"], part["cnonce"], part["qop"], two)
