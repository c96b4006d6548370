"""The UDP side of an agent: one non-blocking socket, drained at each wake-up, answers delayed without queueing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

_DRAIN = 64  # datagrams taken at one wake-up, so that a flood leaves the loop to others
_LARGEST = 65535  # a UDP payload
_RECEIVE_BUFFER = 4 * 1024 * 1024  # octets; the kernel may grant less

Address = Any  # what the socket module gives for the family: a tuple


class UdpServer:
    """Answers datagrams until closed.

    Args:
        answer: Gives the answer of a datagram, or ``None``.
        reply_delay_s: Delay of every answer, counted from its own request: requests do not wait for each other.
        unsent: Called for an answer that the socket refused.
        more_delay_s: What this request costs beyond, in seconds.
    """

    def __init__(
        self,
        answer: Callable[[bytes], bytes | None],
        reply_delay_s: float,
        unsent: Callable[[], None],
        more_delay_s: Callable[[bytes], float] = lambda _: 0.0,
    ) -> None:
        self._answer = answer
        self._delay_s = reply_delay_s
        self._unsent = unsent
        self._more_delay_s = more_delay_s
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._late: set[asyncio.TimerHandle] = set()

    @property
    def port(self) -> int:
        """The UDP port it listens on."""
        if self._socket is None:
            raise RuntimeError("the server is not started")
        port: int = self._socket.getsockname()[1]
        return port

    async def start(self, host: str, port: int) -> None:
        """Bind and listen; port 0 takes a free one."""
        loop = asyncio.get_running_loop()
        infos = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = infos[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            bound.setblocking(False)
            bound.bind(address)
        except OSError:
            bound.close()
            raise
        self._loop, self._socket = loop, bound
        loop.add_reader(bound.fileno(), self._drain)

    def close(self) -> None:
        """Stop listening; answers still delayed are never sent, as when an agent dies."""
        if self._socket is None or self._loop is None:
            return
        self._loop.remove_reader(self._socket.fileno())
        for handle in self._late:
            handle.cancel()
        self._late.clear()
        self._socket.close()
        self._socket = None

    def _drain(self) -> None:
        bound = self._socket
        if bound is None:
            return
        for _ in range(_DRAIN):
            try:
                datagram, source = bound.recvfrom(_LARGEST)
            except OSError:  # nothing left, or an ICMP error of an earlier answer
                return
            answer = self._answer(datagram)
            if answer is None:
                continue
            delay_s = self._delay_s + self._more_delay_s(datagram)
            if delay_s > 0:
                self._send_later(answer, source, delay_s)
            else:
                self._send(answer, source)

    def _send_later(self, answer: bytes, source: Address, delay_s: float) -> None:
        assert self._loop is not None  # noqa: S101 - started: for the type checker

        def send() -> None:
            self._late.discard(handle)
            self._send(answer, source)

        handle = self._loop.call_later(delay_s, send)
        self._late.add(handle)

    def _send(self, answer: bytes, source: Address) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(answer, source)
        except OSError:
            self._unsent()
