"""A UDP relay between a driver and an agent that loses, repeats, delays or stops as a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pyasn1.codec.ber import decoder
from pysnmp.proto.api import v2c

Fate = Callable[[int, bytes], Sequence[bytes]]
"""What becomes of the n-th reply (from 0): the datagrams that are delivered."""


def honest(_number: int, reply: bytes) -> Sequence[bytes]:
    return [reply]


@dataclass
class Relay:
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    replies: int = 0

    def repetitions(self) -> list[int]:
        """Max-repetitions of every GETBULK that went through."""
        found = []
        for datagram in self.requests:
            message, _ = decoder.decode(datagram, asn1Spec=v2c.Message())
            pdu = v2c.apiMessage.get_pdu(message)
            if pdu.tagSet == v2c.GetBulkRequestPDU.tagSet:
                found.append(int(pdu[2]))
        return found


class _Side(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, Any], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._take(data, addr)


@asynccontextmanager
async def relay(agent_port: int, fate: Fate = honest) -> AsyncIterator[Relay]:
    loop = asyncio.get_running_loop()
    seen = Relay()
    client: list[Any] = []

    def towards_agent(data: bytes, address: Any) -> None:
        client[:] = [address]
        seen.requests.append(data)
        outside.sendto(data)

    def towards_client(data: bytes, _address: Any) -> None:
        for datagram in fate(seen.replies, data):
            inside.sendto(datagram, client[0])
        seen.replies += 1

    outside, _ = await loop.create_datagram_endpoint(
        lambda: _Side(towards_client), remote_addr=("127.0.0.1", agent_port)
    )
    inside, _ = await loop.create_datagram_endpoint(lambda: _Side(towards_agent), local_addr=("127.0.0.1", 0))
    seen.port = int(inside.get_extra_info("sockname")[1])
    try:
        yield seen
    finally:
        inside.close()
        outside.close()
        await asyncio.sleep(0)
