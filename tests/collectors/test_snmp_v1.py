"""Agents that speak SNMPv1 only: found out by their silence, then read, slowly and whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from collectors import register
from collectors.inspection import inspect, probe
from collectors.onboarding import onboard
from collectors.onboarding_text import as_json, as_text
from collectors.snmp.client import Exchange
from collectors.snmp.values import Agent, Kind
from domain.metrics.ont import ONT_BYTES_UP, ONT_OPER, ONT_RX_DBM, ONT_SERIAL
from domain.olt import OltTarget
from domain.reading import Reason
from domain.secret import Secret
from simulators.plant.plant import Plant
from simulators.snmp.message import V1, decode_request
from simulators.snmp.responder import Responder
from simulators.snmp.server import UdpServer
from simulators.snmp.view import PlantMib
from tests.collectors.conformance.suite import target_of
from tests.simulators.vendor_site import HandClock, running

SYS_DESCR, SYS_UP_TIME = (1, 3, 6, 1, 2, 1, 1, 1, 0), (1, 3, 6, 1, 2, 1, 1, 3, 0)
NOWHERE = (1, 3, 6, 1, 4, 1, 99999, 1, 0)


@dataclass
class Old:
    plant: Plant
    clock: HandClock
    target: OltTarget
    site: register.Site

    @property
    def agent(self) -> Agent:
        return Agent(self.target.host, self.target.port, Secret("public"))


@asynccontextmanager
async def old_olt(name: str) -> AsyncIterator[Old]:
    """A plant whose agent drops whatever is not of version 1 (RFC 1157 4.1)."""
    plant, clock = running(name)
    responder = Responder(PlantMib(plant), "public")

    def answer(datagram: bytes) -> bytes | None:
        return responder.answer(datagram) if decode_request(datagram).version == V1 else None

    server = UdpServer(answer, 0.0, responder.count_unsent)
    await server.start("127.0.0.1", 0)
    site = register.Site()
    try:
        yield Old(plant, clock, target_of(plant.state.olt.vendor, server.port), site)
    finally:
        server.close()
        await site.engines.close()


async def test_an_agent_that_is_silent_in_v2c_is_found_out_and_read_in_v1() -> None:
    async with old_olt("fiberhome") as old, old.site.snmp_client() as client:
        (first,) = await client.get(Exchange.within(old.agent, 0.3), [SYS_DESCR])
        assert (first.kind, first.value) == (Kind.FAILED, Reason.TIMEOUT)
        assert client.legacy is not None
        await asyncio.gather(*client.legacy._asking)
        assert old.site.legacy == {(old.target.host, old.target.port)}
        descr, nothing, uptime = await client.get(Exchange.within(old.agent, 3), [SYS_DESCR, NOWHERE, SYS_UP_TIME])
        assert descr.value == old.plant.state.olt.sys_descr.encode()
        assert nothing.kind in {Kind.NO_SUCH_OBJECT, Kind.NO_SUCH_INSTANCE}
        assert uptime.kind is Kind.TIME_TICKS


async def test_rows_are_read_one_after_the_other_to_the_end_of_the_view() -> None:
    async with old_olt("fiberhome") as old, old.site.snmp_client() as client:
        old.site.legacy.add((old.target.host, old.target.port))
        system = (1, 3, 6, 1, 2, 1, 1)
        answer = await client.bulk(Exchange.within(old.agent, 5), [system, (1, 3, 6, 1, 9)], 40)
        assert answer.reason is None
        assert [varbind.oid for varbind in answer.columns[0]][:3] == [(*system, n, 0) for n in (1, 2, 3)]
        assert [varbind.kind for varbind in answer.columns[1]] == [Kind.END_OF_MIB]


async def test_a_walk_and_a_live_read_work_in_v1_without_64_bit_counters() -> None:
    async with old_olt("huawei") as old:
        old.site.legacy.add((old.target.host, old.target.port))
        driver = register.driver("huawei_smartax", old.clock, old.site)
        name = next(iter(old.plant.state.onts))
        read = (await driver.read_ont(old.target, name, 30)).readings
        await driver.close()
    assert read.value(ONT_SERIAL) == old.plant.state.onts[name].serial
    assert read.value(ONT_RX_DBM) == pytest.approx(old.plant.state.onts[name].rx_dbm, abs=0.006)
    assert read[ONT_BYTES_UP].reason is Reason.NOT_SUPPORTED


async def test_onboarding_says_that_an_agent_speaks_v1_only() -> None:
    async with old_olt("fiberhome") as old:
        common = (1, 3, 6, 1, 4, 1, 5875, 800, 3)
        others = ((*common, 10, 1, 1, column) for column in (2, 3, 4, 5, 7, 9, 10, 12, 13, 15))
        absent = ((*common, 2), (*common, 9), *others)  # serial number and state alone: a row costs 7 ms
        old.plant.state.olt.quirks = replace(old.plant.state.olt.quirks, absent=absent)
        assert await probe(old.agent, 2.0, old.site) == "fiberhome_an"
        found = await onboard(old.target, old.clock, timeout_s=60, site=old.site)
    assert found.v1_only
    assert as_json(found)["snmp"] == "v1"
    assert "SNMPv1" in as_text(found)
    assert {row.readings.value(ONT_OPER) is not None for row in found.walk.onts} == {True}


async def test_a_v2c_agent_is_not_called_old() -> None:
    plant, clock = running("fiberhome")
    responder = Responder(PlantMib(plant), "public")
    server = UdpServer(responder.answer, 0.0, responder.count_unsent)
    await server.start("127.0.0.1", 0)
    site = register.Site()
    try:
        walk = await inspect(target_of("fiberhome_an", server.port), clock, 30, site)
    finally:
        server.close()
        await site.engines.close()
    assert walk.onts
    assert not site.legacy


async def test_an_agent_that_was_late_once_is_not_read_in_v1_for_ever() -> None:
    """A column that takes seconds, or a minute without way, was taken for an agent that knows v1 alone."""
    plant, _ = running("huawei")
    responder = Responder(PlantMib(plant), "public")
    deaf = [True]

    def answer(datagram: bytes) -> bytes | None:
        return None if deaf[0] else responder.answer(datagram)

    server = UdpServer(answer, 0.0, responder.count_unsent)
    await server.start("127.0.0.1", 0)
    site = register.Site()
    agent = Agent("127.0.0.1", server.port, Secret("public"))
    try:
        async with site.snmp_client() as client:
            (first,) = await client.get(Exchange.within(agent, 0.2), [SYS_DESCR])
            assert (first.kind, first.value) == (Kind.FAILED, Reason.TIMEOUT)
            deaf[0] = False
            assert client.legacy is not None
            assert await asyncio.gather(*client.legacy._asking) == [False]
            assert not site.legacy
            (second,) = await client.get(Exchange.within(agent, 2), [SYS_DESCR])
            assert second.kind is Kind.OCTETS
    finally:
        server.close()
        await site.engines.close()
