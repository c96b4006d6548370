"""The BRAS's dynamic authorization server: it closes and filters sessions when it is told to (RFC 5176).

A request that comes again is answered as the first time, and obeyed once (RFC 5176 2.3, RFC 5080 2.2.2).
"""

from __future__ import annotations

import asyncio
import struct
from collections import OrderedDict
from enum import StrEnum
from typing import Any, Self

from pyrad.packet import CoAPacket, CoARequest, DisconnectRequest, PacketError

from domain.identifiers import OntName
from domain.secret import Secret
from simulators.plant.ports import BoxPlant
from simulators.radius.packets import load_dictionary

_REMEMBERED = 256  # C: requests of which the answer is kept
_NOT_FOUND = 503  # Session Context Not Found (RFC 5176 3.6)
_PROHIBITED = 501  # Administratively Prohibited
_INVALID = 404  # Invalid Request
FILTERS = {"port25-open": frozenset[int](), "port25-closed": frozenset({25})}
"""The filters that this BRAS has, and the ports that each closes."""
_DECODING = (PacketError, ValueError, KeyError, IndexError, TypeError, struct.error)


class NasManner(StrEnum):
    """How the BRAS takes requests."""

    OBEYS = "obeys"
    REFUSES = "refuses"  # NAK, « administratively prohibited »
    LOSES_FIRST = "loses-first"  # obeys; the answer to the first sending is lost
    MUTE = "mute"  # obeys, and no answer ever comes through
    DEAD = "dead"  # neither obeys nor answers


class DynamicAuthorization(asyncio.DatagramProtocol):
    """``async with DynamicAuthorization(plant, host, port, secret) as nas``.

    Attributes:
        manner: How it takes requests.
        received: Datagrams, repetitions included.
        obeyed: Sessions closed or filtered.
    """

    def __init__(self, plant: BoxPlant, host: str, port: int, secret: str | Secret) -> None:
        self._plant = plant
        self._address = (host, port)
        self._secret = (secret.reveal() if isinstance(secret, Secret) else secret).encode()
        self._dictionary = load_dictionary()
        self._transport: asyncio.DatagramTransport | None = None
        self._answers: OrderedDict[tuple[Any, bytes], bytes] = OrderedDict()
        self.manner = NasManner.OBEYS
        self.received = 0
        self.obeyed = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        if self._transport is None:
            raise RuntimeError("the server is not started")
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self._address)
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Obey, or say why not; what is not signed with the secret is dropped (RFC 5176 3)."""
        self.received += 1
        if self.manner is NasManner.DEAD:
            return
        key = (addr, data[:20])
        known = self._answers.get(key)
        answer = known or self._obey(data)
        if answer is None:
            return
        self._answers[key] = answer
        while len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)
        lost = self.manner is NasManner.MUTE or (self.manner is NasManner.LOSES_FIRST and known is None)
        if not lost and self._transport is not None:
            self._transport.sendto(answer, addr)

    def _obey(self, data: bytes) -> bytes | None:
        try:
            packet = CoAPacket(secret=self._secret, dict=self._dictionary, packet=data)
            if packet.code not in (DisconnectRequest, CoARequest) or not packet.VerifyCoARequest():
                return None
            wanted = str(packet["Filter-Id"][0]) if packet.code == CoARequest else None
            session, username = str(packet["Acct-Session-Id"][0]), str(packet["User-Name"][0])
        except _DECODING:
            return None
        reply = packet.CreateReply()
        reply.code = packet.code + 1
        cause = self._done(session, username, wanted)
        if cause is not None:
            reply.code = packet.code + 2
            reply["Error-Cause"] = cause
        found: bytes = reply.ReplyPacket()
        return found

    def _done(self, session: str, username: str, wanted: str | None) -> int | None:
        """Close the session, or filter it; the Error-Cause where that is not done."""
        if self.manner is NasManner.REFUSES:
            return _PROHIBITED
        if wanted is not None and wanted not in FILTERS:
            return _INVALID
        ont, now = self._holder(session, username), self._plant.clock.now()
        if ont is None:
            return _NOT_FOUND
        if wanted is not None:
            self._plant.orders.filtered(ont, FILTERS[wanted], session, now)
        elif not self._plant.orders.disconnect(ont, session, now):
            return _NOT_FOUND
        self.obeyed += 1
        return None

    def _holder(self, session: str, username: str) -> OntName | None:
        boxes = self._plant.state.boxes.items()
        return next((o for o, b in boxes if b.session_id == session and b.ppp_username == username), None)
