"""Disconnect-Request and CoA-Request to the NAS, or to the RADIUS proxy in front of it (RFC 5176).

The same datagram is sent again until it is answered (RFC 5080 2.2.1): it names one session, so that a NAS that obeys
twice has nothing left to close. A NAS that does not know the session *any more* after a repetition may have obeyed the
first one: that is unknown, not refused. A CoA-Request gives a session the filter of that name (Filter-Id, RFC 2865
5.11): given twice, it is the same filter.
"""

from __future__ import annotations

import asyncio
import secrets
import struct
from pathlib import Path
from typing import Any, Final

from pyrad.dictionary import Dictionary
from pyrad.packet import CoAPacket, CoARequest, DisconnectRequest, PacketError

from domain.clock import Clock
from domain.secret import Secret
from domain.session_actions import OpenSession, SessionOutcome, SessionResult

_WAITS_S: Final = (1.0, 2.0, 4.0, 8.0)  # C: doubled each time (RFC 5080 2.2.1), bounded by the caller's deadline
_NOT_FOUND: Final = 503  # Session Context Not Found (RFC 5176 3.6)
_DECODING: Final = (PacketError, ValueError, KeyError, IndexError, TypeError, struct.error)


def _answers(packet: Any) -> tuple[int, int]:
    """ACK and NAK of a request: the codes behind its own (RFC 5176 2.3)."""
    return packet.code + 1, packet.code + 2


class _Conversation(asyncio.DatagramProtocol):
    """One request and its answer; a datagram that does not answer it is not looked at."""

    def __init__(self, packet: Any) -> None:
        self._packet = packet
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Take the answer, if its authenticator proves it."""
        try:
            reply = self._packet.CreateReply(packet=data)
            good = reply.code in _answers(self._packet) and self._packet.VerifyReply(reply, data)
        except _DECODING:
            return
        if good and not self.answer.done():
            self.answer.set_result(reply)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there: a later repetition may find somebody."""


class NasSessions:
    """Closes sessions and filters them.

    Args:
        host: The NAS, or the proxy that leads to it.
        port: 3799 (RFC 5176 2.1), unless it listens elsewhere.
        secret: Shared with it.
        clock: The clock in force.
    """

    def __init__(self, host: str, port: int, secret: Secret, clock: Clock) -> None:
        self._to = (host, port)
        self._secret = secret.reveal().encode()
        self._clock = clock
        self._dictionary = Dictionary(str(Path(__file__).parent / "dictionary"))

    async def disconnect(self, session: OpenSession, timeout_s: float) -> SessionResult:
        """Close that session within ``timeout_s``. Never raises for what the NAS does."""
        return await self._ask(self._request(DisconnectRequest, session), timeout_s)

    async def filtered(self, session: OpenSession, name: str, timeout_s: float) -> SessionResult:
        """Give that session the filter of that name within ``timeout_s``. Never raises for what the NAS does."""
        packet = self._request(CoARequest, session)
        packet["Filter-Id"] = name
        return await self._ask(packet, timeout_s)

    async def _ask(self, packet: Any, timeout_s: float) -> SessionResult:
        data = packet.RequestPacket()
        loop = asyncio.get_running_loop()
        try:
            transport, talk = await loop.create_datagram_endpoint(lambda: _Conversation(packet), remote_addr=self._to)
        except OSError:
            return SessionResult(SessionOutcome.NOT_SENT, self._clock.now())
        try:
            async with asyncio.timeout(timeout_s):
                reply, tries = await _answered(transport, data, talk.answer)
                return self._read(packet, reply, tries)
        except TimeoutError:
            return SessionResult(SessionOutcome.UNKNOWN, self._clock.now())
        finally:
            transport.close()

    def _request(self, code: int, session: OpenSession) -> Any:
        packet = CoAPacket(code, secrets.randbelow(256), self._secret, dict=self._dictionary)
        packet["User-Name"] = session.username
        packet["Acct-Session-Id"] = session.session_id
        packet["Event-Timestamp"] = int(self._clock.now().timestamp())
        return packet

    def _read(self, packet: Any, reply: Any, tries: int) -> SessionResult:
        now = self._clock.now()
        if reply.code == _answers(packet)[0]:
            return SessionResult(SessionOutcome.DONE, now)
        cause = _cause(reply)
        gone = packet.code == DisconnectRequest and cause == _NOT_FOUND and tries > 1
        return SessionResult(SessionOutcome.UNKNOWN if gone else SessionOutcome.REFUSED, now, cause)


async def _answered(transport: asyncio.DatagramTransport, data: bytes, answer: asyncio.Future[Any]) -> tuple[Any, int]:
    """The answer, and after how many sendings."""
    tries = 0
    while True:
        transport.sendto(data)
        wait_s = _WAITS_S[min(tries, len(_WAITS_S) - 1)]
        tries += 1
        done, _ = await asyncio.wait({answer}, timeout=wait_s)
        if done:
            return answer.result(), tries


def _cause(reply: Any) -> int | None:
    try:
        found = reply["Error-Cause"][0]
    except _DECODING:
        return None
    return found if isinstance(found, int) else None
