"""One TCP connection of a box: httptools parses, bounds are kept, requests are answered one at a time and in order."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import httptools

from collectors.boxes.session import Peer
from collectors.boxes.wire import Request, Response

_HEAD_LIMIT: Final = 16_384  # request line and headers; the largest of a real box, a digest and cookies, is some 1 KB
_HEARD_EVERY_S: Final = 0.02  # C: a part of a body is told of no more often than that
_PIPELINED: Final = 8  # requests ahead of their answers; boxes send one


@dataclass(frozen=True, slots=True)
class Handling:
    """What a connection needs of the server.

    Attributes:
        respond: Answers a request.
        body_limit: Largest body.
        body_time_s: Longest time that a body may take to come.
        keep_alive_s: How long an idle connection stays open.
        oversized: Told of a body refused for its announced or real size.
        hearing: Told now and then, with its cookie and connection, that a body is coming.
        open: The connections that are open.
        at_work: The answers under way.
        stopping: Set as the server stops: who ends his TLS handshake then is not served.
    """

    respond: Callable[[Request], Awaitable[Response]]
    body_limit: int
    body_time_s: float
    keep_alive_s: float
    oversized: Callable[[], None]
    hearing: Callable[[str, Peer | None], None]
    open: set[Connection]
    at_work: set[asyncio.Task[None]]
    stopping: asyncio.Event


class Connection(asyncio.Protocol):
    """The protocol of one connection."""

    def __init__(self, handling: Handling) -> None:
        self._handling = handling
        self._parser = httptools.HttpRequestParser(self)
        self._headers: dict[bytes, bytes] = {}
        self._in_head = True
        self._head_size = 0
        self._requests = 0
        self._body = bytearray()
        self._queue: deque[tuple[Request, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._peer: Peer | None = None
        self._certificate: str | None = None
        self._tls = False
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A box connects."""
        self.transport: Any = transport
        self._loop = asyncio.get_running_loop()
        peer = transport.get_extra_info("peername")
        self._peer = (peer[0], peer[1]) if peer else None
        secured = transport.get_extra_info("ssl_object")
        self._tls = secured is not None
        self._certificate = None if secured is None else _common_name(secured)
        self._handling.open.add(self)
        self._last = self._began = self._loop.time()
        self._timer = self._loop.call_later(self._handling.keep_alive_s, self._idle)
        if self._handling.stopping.is_set():
            self.close_when_idle()

    def connection_lost(self, exc: Exception | None) -> None:
        """The box went away; what it asked is done all the same."""
        self._handling.open.discard(self)
        self._timer.cancel()
        self._queue.clear()
        self._refused = True

    def data_received(self, data: bytes) -> None:
        """Bytes of requests."""
        if self._refused:
            return
        before = self._requests
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(400)
        if (
            self._in_head and before == self._requests and not self._refused
        ):  # httptools itself holds an endless header without a word
            self._head_size += len(data)
            if self._head_size > _HEAD_LIMIT:
                self._refuse(431)
        if len(self._queue) > _PIPELINED:
            self._refuse(400)

    def close_when_idle(self) -> None:
        """The server stops: end now, or after the answer under way."""
        if self._task is None:
            self.transport.close()
        else:
            self._queue.clear()
            self._refused = True

    # httptools calls these

    def on_message_begin(self) -> None:
        """A request begins."""
        self._headers = {}
        self._body = bytearray()
        self._began = self._loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; several Cookie lines are one."""
        key = name.lower()
        joined = key == b"cookie" and key in self._headers
        self._headers[key] = self._headers[key] + b";" + value if joined else value

    def on_headers_complete(self) -> None:
        """The head is there: refuse a body that is too large before it comes, ask for one that waits."""
        self._in_head = False
        self._head_size = 0
        length = self._headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self._handling.body_limit:
            self._too_large()
        elif self._headers.get(b"expect", b"").lower() == b"100-continue" and not self._refused:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body += body
        if len(self._body) > self._handling.body_limit:
            self._too_large()
        else:
            self._still_heard()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._in_head = True
        self._requests += 1
        if self._refused:
            return
        headers = self._headers
        request = Request(
            method=self._parser.get_method().decode("latin-1"),
            peer=self._peer,
            cookie=headers.get(b"cookie", b"").decode("latin-1"),
            content_type=headers.get(b"content-type", b"").decode("latin-1"),
            body=bytes(self._body),
            encoding=headers.get(b"content-encoding", b"").strip().lower(),
            authorization=headers.get(b"authorization", b"").decode("latin-1"),
            tls=self._tls,
            certificate=self._certificate,
        )
        self._queue.append((request, self._parser.should_keep_alive()))
        if self._task is None:
            self._task = self._loop.create_task(self._answer_all())
            self._handling.at_work.add(self._task)
            self._task.add_done_callback(self._handling.at_work.discard)

    # Ours

    async def _answer_all(self) -> None:
        try:
            while self._queue:
                request, keep_alive = self._queue.popleft()
                response = await self._handling.respond(request)
                close = response.close or not keep_alive or self._refused
                self._last = self._loop.time()
                if not self.transport.is_closing():
                    self.transport.write(response.encode(close=close))
                    if close:
                        self._refused = True
                        self.transport.close()
                        return
        except BaseException:  # a defect of ours, or the server stops: the box must not wait for nothing
            self.transport.close()
            raise
        finally:
            self._task = None

    def _still_heard(self) -> None:
        """A body that comes slowly keeps its connection and its session, for as long as a session may last."""
        now = self._loop.time()
        if now - self._last >= _HEARD_EVERY_S and now - self._began < self._handling.body_time_s:
            self._last = now
            self._handling.hearing(self._headers.get(b"cookie", b"").decode("latin-1"), self._peer)

    def _too_large(self) -> None:
        if not self._refused:
            self._handling.oversized()
        self._refuse(413)

    def _refuse(self, status: int) -> None:
        """Answer, and read no more: what follows on this connection is not a request."""
        if not self._refused:
            self._refused = True
            self.transport.write(Response(status).encode(close=True))
            self.transport.close()

    def _idle(self) -> None:
        """Close a connection that was silent too long; one timer, whatever passes on it."""
        rest_s = self._last + self._handling.keep_alive_s - self._loop.time()
        if self._task is not None:
            rest_s = self._handling.keep_alive_s
        if rest_s > 0:
            self._timer = self._loop.call_later(rest_s, self._idle)
        else:
            self.transport.close()


def _common_name(secured: ssl.SSLObject) -> str | None:
    certificate: Any = secured.getpeercert() or {}  # ((("commonName", "OUI-serial"),), …), typed as anything at all
    fields = (pair for part in certificate.get("subject", ()) for pair in part)
    return next((str(value) for name, value in fields if name == "commonName"), None)
