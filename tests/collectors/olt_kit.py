"""A simulated OLT behind real sockets, and a tiny UDP agent that answers whatever a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v2c

from collectors.register import driver
from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.udp import Retry
from collectors.snmp.values import Agent, Oid
from domain.identifiers import OntName
from domain.olt import CliAccess, OltTarget
from domain.ports import OltDriver
from domain.secret import Secret
from simulators.cli_ssh.server import IsamCli
from simulators.clock import SharedClock
from simulators.plant.description import load
from simulators.plant.plant import Plant
from simulators.run import DEMO_PLANT
from simulators.snmp.agent import SnmpAgent

GOLDEN = OntName.parse("ONT-1-1-5-10-19")
COMMUNITY = "public"
PASSWORD = "cli-secret"
FAST = Retry(first_s=0.05, factor=1.5, copies=6)


@dataclass
class Site:
    plant: Plant
    clock: SharedClock
    target: OltTarget
    driver: OltDriver
    agent: SnmpAgent


@asynccontextmanager
async def site(folder: Path, *, cli: bool = False, max_message: int = 8192) -> AsyncIterator[Site]:
    """The demo plant with its SNMP agent (and its CLI), and a driver to read it with."""
    description = load(DEMO_PLANT)
    with SharedClock.create(folder / "clock", description.clock.origin) as clock:
        plant = Plant(description, clock)
        agent = SnmpAgent(plant, "127.0.0.1", 0, COMMUNITY, max_message=max_message)
        shell = IsamCli(plant, "127.0.0.1", 0, "isadmin", PASSWORD)
        async with agent, shell:
            access = CliAccess("127.0.0.1", shell.port, "isadmin", Secret(PASSWORD)) if cli else None
            target = target_at(agent.port, access)
            reader = driver("nokia_isam", clock)
            try:
                yield Site(plant, clock, target, reader, agent)
            finally:
                await reader.close()


def target_at(port: int, cli: CliAccess | None = None) -> OltTarget:
    return OltTarget("infra", "OLT-TEST", "nokia_isam", "127.0.0.1", port, Secret(COMMUNITY), cli)


def agent_at(port: int) -> Agent:
    return Agent("127.0.0.1", port, Secret(COMMUNITY))


@dataclass
class Request:
    """A request as the tiny agent sees it, decoded by pyasn1."""

    request_id: int
    second: int
    third: int
    oids: list[Oid]
    is_bulk: bool

    def reply(self, varbinds: Sequence[tuple[Oid, Any]], **changes: Any) -> bytes:
        return response(changes.pop("request_id", self.request_id), varbinds, **changes)


def response(
    request_id: int, varbinds: Sequence[tuple[Oid, Any]], status: int = 0, index: int = 0, community: str = COMMUNITY
) -> bytes:
    pdu = v2c.ResponsePDU()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, request_id)
    pdu.setComponentByPosition(1, status)
    pdu.setComponentByPosition(2, index)
    v2c.apiPDU.set_varbinds(pdu, list(varbinds))
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, community)
    v2c.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))


def parse_request(datagram: bytes) -> Request:
    message, rest = decoder.decode(datagram, asn1Spec=v2c.Message())
    assert not rest
    pdu = v2c.apiMessage.get_pdu(message)
    oids = [tuple(name) for name, _ in v2c.apiPDU.get_varbinds(pdu)]
    is_bulk = pdu.tagSet == v2c.GetBulkRequestPDU.tagSet
    return Request(int(pdu[0]), int(pdu[1]), int(pdu[2]), oids, is_bulk)


Answer = Callable[[Request], Sequence[bytes]]


@dataclass
class TinyAgent(asyncio.DatagramProtocol):
    """Answers each request with the datagrams that ``answer`` makes of it."""

    answer: Answer
    requests: list[Request] = field(default_factory=list)
    transport: Any = None
    failure: BaseException | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        try:
            request = parse_request(data)
            self.requests.append(request)
            for datagram in self.answer(request):
                self.transport.sendto(datagram, address)
        except Exception as error:
            self.failure = error
            raise

    @property
    def port(self) -> int:
        return int(self.transport.get_extra_info("sockname")[1])


@asynccontextmanager
async def tiny_agent(answer: Answer) -> AsyncIterator[TinyAgent]:
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(lambda: TinyAgent(answer), local_addr=("127.0.0.1", 0))
    try:
        yield agent
    finally:
        transport.close()
        await asyncio.sleep(0)  # the transport closes its socket in the next turn
        assert agent.failure is None


@asynccontextmanager
async def client_and_exchange(port: int, timeout_s: float = 2.0) -> AsyncIterator[tuple[UdpSnmpClient, Exchange]]:
    async with UdpSnmpClient(retry=FAST) as client:
        yield client, Exchange.within(agent_at(port), timeout_s)
