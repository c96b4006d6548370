"""Notifications by hand, a sink that can be closed, and a real receiver for them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pyasn1.codec.ber import encoder
from pysnmp.proto.api import v1, v2c

from collectors.traps.receiver import TrapReceiver
from collectors.traps.sources import Sources
from domain.clock import FixedClock
from domain.events import EventObservation
from domain.identifiers import OntName
from domain.olt import OltTarget
from domain.secret import Secret

GOLDEN = OntName.parse("ONT-1-1-5-10-19")
GOLDEN_PON = GOLDEN.pon_name
NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
LINK_DOWN = (1, 3, 6, 1, 6, 3, 1, 1, 5, 3)
LINK_UP = (*LINK_DOWN[:-1], 4)
IF_INDEX = (1, 3, 6, 1, 2, 1, 2, 2, 1, 1)
ONT_INDEX = 231285760  # ONT-1-1-5-10-19
UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
TRAP_OID = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)


def olt(name: str = "OLT-TEST", community: str = "public", vendor: str = "nokia_isam") -> OltTarget:
    return OltTarget("infra", name, vendor, "127.0.0.1", 161, Secret(community))


@dataclass
class Sink:
    """Keeps events; can be closed for a while."""

    events: list[EventObservation] = field(default_factory=list)
    failing: bool = False
    open: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def observed(self, events: Sequence[EventObservation]) -> None:
        await self.open.wait()
        if self.failing:
            raise OSError("disk full")
        async with self.changed:
            self.events.extend(events)
            self.changed.notify_all()

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: len(self.events) >= count)


@asynccontextmanager
async def receiving(*targets: OltTarget, open_store: bool = True) -> AsyncIterator[tuple[TrapReceiver, Sink]]:
    sources, sink = Sources(), Sink()
    if open_store:
        sink.open.set()
    await sources.use(targets or (olt(),))
    async with TrapReceiver(sources, sink, FixedClock(NOW)) as receiver:
        yield receiver, sink


@asynccontextmanager
async def speaker(port: int) -> AsyncIterator[Speaker]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.connect(("127.0.0.1", port))
        yield Speaker(sender)


@dataclass
class Speaker:
    socket: socket.socket

    def say(self, datagram: bytes) -> None:
        self.socket.send(datagram)

    async def hear(self) -> bytes:
        async with asyncio.timeout(5):
            return await asyncio.get_running_loop().sock_recv(self.socket, 65535)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - counters, which nobody waits for
            await asyncio.sleep(0)


def message(
    pdu_class: Any = v2c.SNMPv2TrapPDU,
    *,
    uptime: int = 4242,
    trap: tuple[int, ...] = LINK_DOWN,
    ifindex: int = ONT_INDEX,
    request_id: int = 7,
    community: str = "public",
    more: Sequence[tuple[Any, Any]] = (),
    signed: bool = True,
) -> bytes:
    pdu = pdu_class()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, request_id)
    variables = [
        (UPTIME, v2c.TimeTicks(uptime)),
        (TRAP_OID, v2c.ObjectIdentifier(trap)),
        ((*IF_INDEX, ifindex), v2c.Integer32(ifindex) if signed else v2c.Gauge32(ifindex)),
        *more,
    ]
    v2c.apiPDU.set_varbinds(pdu, variables)
    whole = v2c.Message()
    v2c.apiMessage.set_defaults(whole)
    v2c.apiMessage.set_community(whole, community)
    v2c.apiMessage.set_pdu(whole, pdu)
    return bytes(encoder.encode(whole))


def version_1(generic: int, specific: int = 0, ifindex: int = ONT_INDEX) -> bytes:
    pdu = v1.TrapPDU()
    v1.apiTrapPDU.set_defaults(pdu)
    v1.apiTrapPDU.set_enterprise(pdu, (1, 3, 6, 1, 4, 1, 637, 61, 1))
    v1.apiTrapPDU.set_agent_address(pdu, "192.0.2.7")
    v1.apiTrapPDU.set_generic_trap(pdu, generic)
    v1.apiTrapPDU.set_specific_trap(pdu, specific)
    v1.apiTrapPDU.set_timestamp(pdu, 99)
    v1.apiTrapPDU.set_varbinds(pdu, [((*IF_INDEX, ifindex), v1.Integer(ifindex))])
    whole = v1.Message()
    v1.apiMessage.set_defaults(whole)
    v1.apiMessage.set_community(whole, "public")
    v1.apiMessage.set_pdu(whole, pdu)
    return bytes(encoder.encode(whole))
