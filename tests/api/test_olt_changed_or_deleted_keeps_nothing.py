"""An OLT that is changed or deleted: what was kept of it goes at once, whoever kept it, and its session is closed."""

from __future__ import annotations

import asyncio
import gc
import logging
import types
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from api.clock import WallTime
from api.records import opened
from api.settings import Settings
from api.wiring.collection import Collection, collection
from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.values import Agent, Kind
from domain.identifiers import OntName
from domain.load import LoadContract
from domain.metrics.olt import OLT_REACHABLE
from domain.olt import CliAccess, OltTarget, SnmpAuth, SnmpPrivacy, SnmpUser
from domain.principal import Principal, Right
from domain.reading import Reason
from domain.secret import Secret
from simulators.cli_ssh import OltCli
from simulators.snmp.agent import SnmpAgent
from simulators.snmp.traps import TrapSender
from simulators.snmp.usm_message import V3User
from storage.database import Database
from storage.operators import Operator
from storage.records import Records
from storage.telemetry.embedded import EmbeddedTelemetry
from storage.walks import Walks
from tests.collectors.traps_kit import until
from tests.simulators.plant_kit import GOLDEN_PON, demo_kit
from tests.simulators.test_traps import strike
from tests.simulators.vendor_site import running

WHO = Principal("OI", "op", frozenset(Right))
COMMUNITY, PASSWORD = "community-of-before", "password-of-before"
USER = SnmpUser("noc", SnmpAuth.SHA256, Secret("authentic-of-before"), SnmpPrivacy.AES128, Secret("private-of-before"))
SAMPLE = (1, 3, 6, 1, 2, 1, 1, 3, 0)


@dataclass
class World:
    reading: Collection
    records: Records
    target: OltTarget
    cli: OltCli
    ont: OntName

    async def declare(self, target: OltTarget) -> None:
        await self.records.network.put_olt(WHO, target)
        await self.reading.polling.follow_inventory()

    async def remove(self) -> None:
        await self.records.network.remove_olt(WHO, self.target.name)
        await self.reading.polling.follow_inventory()

    async def read(self, target: OltTarget) -> bool:
        driver = self.reading.driver_of(target.vendor)
        return (await driver.read_ont(target, self.ont, 5)).readings.value(OLT_REACHABLE) is True

    async def sessions(self, count: int) -> None:
        """Wait until the OLT has so many open sessions."""
        await until(lambda: len(self.cli._connections) == count)


@asynccontextmanager
async def world(folder: Path, plant: str, vendor: str) -> AsyncIterator[World]:
    park, _ = running(plant)
    settings = Settings.ephemeral(folder)
    cli = OltCli(park, "127.0.0.1", 0, "diag", PASSWORD)
    async with SnmpAgent(park, "127.0.0.1", 0, COMMUNITY) as agent, cli:
        access = CliAccess("127.0.0.1", cli.port, "diag", Secret(PASSWORD))
        target = OltTarget("OI", "OLT-1", vendor, "127.0.0.1", agent.port, Secret(COMMUNITY), access)
        async with opened(settings, WallTime()) as records, collection(settings, WallTime(), records) as reading:
            await records.operators.put(Operator("OI", "OI", is_infrastructure=True))
            try:
                yield World(reading, records, target, cli, next(iter(park.state.onts)))
            finally:
                tasks = [*reading.polling._tasks.values()]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


_PASSED = (
    Walks,
    Database,
    EmbeddedTelemetry,
    logging.Logger,
    type,
    types.ModuleType,
    types.FrameType,
    types.CodeType,
    asyncio.AbstractEventLoop,
    asyncio.Future,
)


def held(root: object, wanted: set[str]) -> dict[str, str]:
    """Which of these texts can be reached from an object, and by which way: attributes, containers, closures."""
    seen, waiting, found = {id(root)}, [(root, "")], dict[str, str]()
    while waiting:
        one, way = waiting.pop()
        if isinstance(one, str) and one in wanted:
            found[one] = way
        inside = (one.__closure__ or ()) if isinstance(one, types.FunctionType) else gc.get_referents(one)
        for part in inside:
            if id(part) not in seen and not isinstance(part, (*_PASSED, Records, Settings)):
                seen.add(id(part))
                waiting.append((part, f"{way}/{type(part).__name__}"))
    return found


def parts(reading: Collection) -> list[object]:
    return [reading.site, reading.driver_of, reading.columns, reading.polling, reading.traps, reading.actions]


@pytest.mark.parametrize(
    ("plant", "vendor"), [("huawei", "huawei_smartax"), ("demo", "nokia_isam"), ("zte_c320", "zte_zxan")]
)
async def test_of_a_deleted_olt_nothing_stays_in_memory_and_its_session_is_closed(
    tmp_path: Path, plant: str, vendor: str
) -> None:
    async with world(tmp_path, plant, vendor) as site:
        await site.declare(site.target)
        await site.reading.polling.poll_once(site.target)
        await site.reading.polling.cycle_once(site.target)
        assert await site.read(site.target)
        await site.sessions(1)
        assert held(parts(site.reading), {COMMUNITY, PASSWORD, "OLT-1"}).keys() == {COMMUNITY, PASSWORD, "OLT-1"}
        await site.remove()
        await site.sessions(0)
        await until(lambda: held(parts(site.reading), {COMMUNITY, PASSWORD, "OLT-1"}) == {})
        assert (site.target.host, site.target.port) not in site.reading.site.budgets._of


async def test_a_community_that_is_put_right_is_read_at_once_and_not_after_the_back_off(tmp_path: Path) -> None:
    async with world(tmp_path, "huawei", "huawei_smartax") as site:
        wrong = replace(site.target, community=Secret("wrong"), cli=None)
        await site.declare(wrong)
        breaker = site.reading.site.budgets.of(wrong.host, wrong.port).breaker
        now = asyncio.get_running_loop().time()
        for _ in range(8):
            breaker.silent(now, Reason.TIMEOUT)
        assert breaker.refusal(now) is Reason.TIMEOUT
        contract = LoadContract(pdus_per_s=400.0)
        await site.declare(replace(site.target, contract=contract))
        walk = await site.reading.polling.poll_once(replace(site.target, contract=contract))
        assert walk is not None
        assert len(walk.onts) > 0
        assert site.reading.site.budgets.of(wrong.host, wrong.port).contract == contract


async def test_a_changed_password_closes_the_session_of_before(tmp_path: Path) -> None:
    async with world(tmp_path, "huawei", "huawei_smartax") as site:
        await site.declare(site.target)
        assert await site.read(site.target)
        await site.sessions(1)
        assert site.target.cli is not None
        await site.declare(replace(site.target, cli=replace(site.target.cli, password=Secret("another"))))
        await site.sessions(0)


async def test_a_session_of_an_olt_that_is_gone_is_never_opened_again(tmp_path: Path) -> None:
    async with world(tmp_path, "huawei", "huawei_smartax") as site:
        await site.declare(site.target)
        reading = asyncio.create_task(site.read(site.target))
        await asyncio.sleep(0)
        await site.remove()
        await reading
        await site.sessions(0)


async def test_keys_and_engines_of_a_v3_user_go_with_it(tmp_path: Path) -> None:
    async with world(tmp_path, "demo", "nokia_isam") as site:
        target = replace(site.target, user=USER, cli=None)
        await site.declare(target)
        assert USER.auth_key is not None
        who = V3User("noc", "sha256", USER.auth_key.reveal(), "private-of-before")
        kit = demo_kit()
        async with TrapSender(kit.plant, [("127.0.0.1", site.reading.traps.port)], "public", user=who) as sender:
            strike(kit, "feeder-cut", str(GOLDEN_PON))
            sender.check()
            await until(lambda: bool(site.reading.traps._usm._peers))
        secrets = {USER.auth_key.reveal(), "private-of-before"}
        assert held(site.reading.traps, secrets).keys() == secrets
        await site.remove()
        await until(lambda: held(parts(site.reading), secrets) == {})
        assert not site.reading.traps._limits


async def test_pysnmp_keeps_no_target_and_no_community_for_ever(tmp_path: Path) -> None:
    """Each command of pysnmp left a target behind, for its time-out is part of the name: an engine ends some day."""
    async with world(tmp_path, "huawei", "huawei_smartax") as site:
        engines, agent = site.reading.site.engines, Agent("127.0.0.1", site.target.port, Secret(COMMUNITY))
        where = (site.target.host, site.target.port)
        site.reading.site.legacy.add(where)
        client = site.reading.site.snmp_client()
        assert isinstance(client, UdpSnmpClient)
        try:
            (told,) = await client.get(Exchange.within(agent, 5), [SAMPLE])
            assert told.kind is Kind.TIME_TICKS
            assert [engine.uses for engine in engines._idle] == [199]
            engines._idle[0].uses = 1
            await client.get(Exchange.within(agent, 5), [SAMPLE])
            assert engines._idle == []
            await client.get(Exchange.within(agent, 5), [SAMPLE])
            site.reading.site.forget(site.target)
            assert where not in site.reading.site.legacy
            await until(lambda: not engines._idle)
        finally:
            await client.close()
