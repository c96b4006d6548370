"""A name server of the platform over UDP (RFC 1035): it resolves any name while the plant's are up."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import dns.exception
import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset

from simulators.plant.ports import PlantView

_ADDRESS = "203.0.113.80"  # RFC 5737
_TTL_S = 60


class Resolver(asyncio.DatagramProtocol):
    """Answers every question for an address, and others with an empty answer."""

    def __init__(self, plant: PlantView) -> None:
        self._plant = plant
        self._transport: asyncio.DatagramTransport | None = None
        self.answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """One query; what cannot be read is dropped."""
        if self._transport is None or not self._plant.state.platform.dns_up:
            return
        try:
            query = dns.message.from_wire(data)
            reply = dns.message.make_response(query, recursion_available=True)
        except dns.exception.DNSException:
            return
        for question in query.question:
            if question.rdtype == dns.rdatatype.A and len(question.name.labels) > 1:
                reply.answer.append(dns.rrset.from_text(question.name, _TTL_S, "IN", "A", _ADDRESS))
        self._transport.sendto(reply.to_wire(), addr)
        self.answered += 1
