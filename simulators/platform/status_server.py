"""The RADIUS server as a prober meets it: it answers Status-Server (RFC 5997) while it is up."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Any, cast

from simulators.plant.ports import PlantView

_STATUS_SERVER, _ACCESS_ACCEPT, _MESSAGE_AUTHENTICATOR = 12, 2, 80
_HEADER = 20


class StatusServer(asyncio.DatagramProtocol):
    """Answers who shares its secret; anything else is dropped, as RFC 5997 3 wants."""

    def __init__(self, plant: PlantView, secret: str) -> None:
        self._plant = plant
        self._secret = secret.encode()
        self._transport: asyncio.DatagramTransport | None = None
        self.answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """One request."""
        if self._plant.state.platform.radius_up and self._transport is not None and _proven(data, self._secret):
            head = bytes([_ACCESS_ACCEPT, data[1]]) + _HEADER.to_bytes(2, "big")
            digest = hashlib.md5(head + data[4:_HEADER] + self._secret, usedforsecurity=False).digest()
            self._transport.sendto(head + digest, addr)
            self.answered += 1


def _proven(data: bytes, secret: bytes) -> bool:
    """Whether it is a Status-Server whose Message-Authenticator is right (RFC 3579 3.2)."""
    if len(data) < _HEADER or data[0] != _STATUS_SERVER or int.from_bytes(data[2:4], "big") != len(data):
        return False
    at = _HEADER
    while at + 2 <= len(data) and data[at + 1] >= 2:
        kind, length = data[at], data[at + 1]
        if kind == _MESSAGE_AUTHENTICATOR and length == 18:
            blank = data[: at + 2] + bytes(16) + data[at + 18 :]
            return hmac.compare_digest(hmac.new(secret, blank, "md5").digest(), data[at + 2 : at + 18])
        at += length
    return False
