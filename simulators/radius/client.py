"""Sends accounting packets over UDP and waits for their acknowledgement (RFC 2866 2, RFC 5080 2.2.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import structlog
from pyrad.packet import AccountingResponse, PacketError

_log = structlog.get_logger(__name__)

_TIMEOUTS_S = (1.0, 2.0, 4.0)  # C: wait of each try, wall time; the packet is the same, so is its identifier
_IN_FLIGHT = 64  # C: packets that wait for an answer at once; an identifier is one octet, so 256 at most

MakePacket = Callable[[int], Any]


class AccountingClient(asyncio.DatagramProtocol):
    """One UDP socket towards the accounting server."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[int, tuple[Any, asyncio.Future[bool]]] = {}
        self._next = 0
        self._room = asyncio.Semaphore(_IN_FLIGHT)
        self.sent = 0
        self.retransmitted = 0
        self.acknowledged = 0
        self.lost = 0
        self.malformed = 0

    async def open(self, server: tuple[str, int]) -> None:
        """Make the socket."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, remote_addr=server)

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there yet: the retransmissions decide."""
        _log.debug("accounting_refused", error=str(exc))

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Match an answer with its request and check its authenticator."""
        waiting = self._waiting.get(data[1]) if len(data) >= 20 else None
        if waiting is None:
            self.malformed += 1
            return
        packet, future = waiting
        try:
            reply = packet.CreateReply(packet=data)
            good = reply.code == AccountingResponse and packet.VerifyReply(reply, data)
        except PacketError:
            good = False
        if not good:
            self.malformed += 1
        elif not future.done():
            future.set_result(True)

    async def send(self, make: MakePacket) -> bool:
        """Send the packet that ``make`` builds for an identifier; whether the server acknowledged it."""
        async with self._room:
            identifier = self._identifier()
            packet = make(identifier)
            data = packet.RequestPacket()
            future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._waiting[identifier] = (packet, future)
            try:
                return await self._try(data, future)
            finally:
                del self._waiting[identifier]

    async def _try(self, data: bytes, future: asyncio.Future[bool]) -> bool:
        for attempt, timeout_s in enumerate(_TIMEOUTS_S):
            if self._transport is None or self._transport.is_closing():
                break
            self._transport.sendto(data)
            self.sent += 1
            self.retransmitted += attempt > 0
            try:
                async with asyncio.timeout(timeout_s):
                    await asyncio.shield(future)
            except TimeoutError:
                continue
            self.acknowledged += 1
            return True
        self.lost += 1
        return False

    def _identifier(self) -> int:
        while self._next in self._waiting:
            self._next = (self._next + 1) % 256
        identifier = self._next
        self._next = (self._next + 1) % 256
        return identifier
