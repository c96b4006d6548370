"""A UDP proxy that harms what passes between a client and a window: loss, duplicates, delay, order, truncation.

Everything is drawn from one seed, in the order in which datagrams arrive, and may be changed while it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from types import TracebackType
from typing import Any, Self

Address = tuple[str, int]

_BURST = 64
_LARGEST = 65535
_BUFFER = 4 << 20


@dataclass(frozen=True, slots=True)
class Harm:
    """What happens to datagrams of one direction. Shares are between 0 and 1.

    Attributes:
        loss: Share that never arrives.
        duplicates: Share that arrives twice.
        delay_s: What all of them wait.
        jitter_s: What each waits besides, at most; those that wait less overtake the others.
        reordered: Share that waits ``reorder_s`` more, so that what follows overtakes it.
        truncated: Share that loses its end.
    """

    loss: float = 0.0
    duplicates: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    reordered: float = 0.0
    reorder_s: float = 0.05
    truncated: float = 0.0

    def __post_init__(self) -> None:
        shares = (self.loss, self.duplicates, self.reordered, self.truncated)
        if not all(0 <= share <= 1 for share in shares) or min(self.delay_s, self.jitter_s, self.reorder_s) < 0:
            raise ValueError("shares are between 0 and 1, delays 0 or more")


@dataclass(slots=True)
class ProxyCounts:
    """What the proxy did, both directions together; ``unsent`` is what a socket refused."""

    received: int = 0
    passed: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    truncated: int = 0
    unsent: int = 0


class FaultProxy:
    """Stands between clients and one window while its context lasts.

    Attributes:
        requests: What happens on the way to the window; ``replies`` on the way back. Either may be set at any time.
        counts: What it did.
    """

    def __init__(
        self,
        to: Address,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        requests: Harm | None = None,
        replies: Harm | None = None,
        seed: int = 1,
    ) -> None:
        self._to, self._host, self._asked_port = to, host, port
        self.requests, self.replies = requests or Harm(), replies or Harm()
        self.counts = ProxyCounts()
        self._random = Random(seed)  # noqa: S311 - reproducible on purpose
        self._front: socket.socket | None = None
        self._backs: dict[Any, socket.socket] = {}
        self._late: set[asyncio.TimerHandle] = set()

    @property
    def port(self) -> int:
        """The UDP port it listens on, once started."""
        if self._front is None:
            raise RuntimeError("the proxy is not started")
        port: int = self._front.getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        self._front = _socket()
        try:
            self._front.bind((self._host, self._asked_port))
        except OSError:
            self._front.close()
            raise
        asyncio.get_running_loop().add_reader(self._front.fileno(), self._from_clients)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop = asyncio.get_running_loop()
        for handle in self._late:
            handle.cancel()
        self._late.clear()
        for one in (self._front, *self._backs.values()):
            if one is not None:
                loop.remove_reader(one.fileno())
                one.close()
        self._backs.clear()
        self._front = None

    def _from_clients(self) -> None:
        if self._front is None:
            return
        for data, source in _drained(self._front):
            back = self._backs.get(source) or self._back_of(source)
            self._harm(data, self.requests, back.send)

    def _back_of(self, source: Any) -> socket.socket:
        """A socket of its own for each client, so that replies find their way without looking inside them."""
        back = _socket()
        back.connect(self._to)
        self._backs[source] = back
        asyncio.get_running_loop().add_reader(back.fileno(), self._from_window, back, source)
        return back

    def _from_window(self, back: socket.socket, source: Any) -> None:
        for data, _ in _drained(back):
            self._harm(data, self.replies, lambda piece: self._reply(piece, source))

    def _reply(self, data: bytes, source: Any) -> None:
        if self._front is not None:
            self._front.sendto(data, source)

    def _harm(self, data: bytes, harm: Harm, send: Callable[[bytes], object]) -> None:
        draw = self._random.random
        self.counts.received += 1
        if harm.loss and draw() < harm.loss:
            self.counts.lost += 1
            return
        copies = 1
        if harm.duplicates and draw() < harm.duplicates:
            self.counts.duplicated += 1
            copies = 2
        for _ in range(copies):
            piece, wait = data, harm.delay_s
            if harm.jitter_s:
                wait += harm.jitter_s * draw()
            if harm.reordered and draw() < harm.reordered:
                self.counts.reordered += 1
                wait += harm.reorder_s
            if harm.truncated and draw() < harm.truncated:
                self.counts.truncated += 1
                piece = data[: int(len(data) * draw())]
            self._pass(piece, wait, send)

    def _pass(self, data: bytes, wait: float, send: Callable[[bytes], object]) -> None:
        if wait <= 0:
            self._send(data, send)
            return

        def later() -> None:
            self._late.discard(handle)
            self._send(data, send)

        handle = asyncio.get_running_loop().call_later(wait, later)
        self._late.add(handle)

    def _send(self, data: bytes, send: Callable[[bytes], object]) -> None:
        try:
            send(data)
            self.counts.passed += 1
        except OSError:
            self.counts.unsent += 1


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        made.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
    return made


def _drained(one: socket.socket) -> list[tuple[bytes, Any]]:
    found: list[tuple[bytes, Any]] = []
    with contextlib.suppress(OSError):  # nothing left, or an ICMP error of an earlier datagram
        for _ in range(_BURST):
            found.append(one.recvfrom(_LARGEST))  # noqa: PERF401 - what was read before an error counts
    return found
