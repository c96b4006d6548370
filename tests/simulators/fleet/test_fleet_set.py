"""What may be set on an OLT of a fleet, by our own drivers and by net-snmp, and what each vendor refuses."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from collectors import register
from collectors.olt_actions import DriverActions
from domain.clock import WallClock
from domain.identifiers import OntName
from domain.metrics import olt as port_metrics
from domain.metrics import ont as m
from domain.olt import CliAccess, OltTarget
from domain.olt_actions import (
    OltAction,
    OltOutcome,
    RebootOnt,
    SetOntAdmin,
    SetPonAdmin,
    SetUniAdmin,
    SetUniNegotiation,
)
from domain.secret import Secret
from domain.states import Admin, DownCause, EthernetRate, Oper
from simulators.fleet.agent import FleetAgent
from simulators.fleet.cli import FleetCli
from simulators.fleet.fleet import Fleet
from simulators.fleet.model import CAUSES, Olt
from simulators.fleet.vendors import discover
from simulators.snmp.usm_message import V3User
from tests.services import require
from tests.simulators.fleet.kit import Hand, client, fleet_of, ont_name, serving

LOCK, UNLOCK = Admin.LOCKED, Admin.UNLOCKED
IF_ADMIN = "1.3.6.1.2.1.2.2.1.7"
HUAWEI = "1.3.6.1.4.1.2011.6.128.1.1.2"
ZTE_1012, ZTE_1082 = "1.3.6.1.4.1.3902.1012.3", "1.3.6.1.4.1.3902.1082.500"
FIBERHOME = "1.3.6.1.4.1.5875.800.3"
WRONG_TYPE, WRONG_VALUE, NO_CREATION, NOT_WRITABLE = 7, 10, 11, 17
ROW = 5


@dataclass
class Acted:
    """A fleet of one OLT, and what acts on it through our driver of its vendor."""

    fleet: Fleet
    hand: Hand
    agent: FleetAgent
    target: OltTarget
    actions: DriverActions

    @property
    def olt(self) -> Olt:
        return self.fleet.olt(1)

    @property
    def name(self) -> OntName:
        t, first = self.olt.topology, self.fleet.tables(1).first
        return OntName(first, first, int(t.slot[ROW]), int(t.pon[ROW]), int(t.ont[ROW]))

    async def act(self, action: OltAction) -> OltOutcome:
        told = await self.actions.act(self.target, self.name, action, 10)
        return told.outcome


@asynccontextmanager
async def acted(vendor: str) -> AsyncIterator[Acted]:
    fleet, hand = fleet_of(onts=64, off=0.0, vendors={vendor: 1.0})
    site = register.Site()
    driver = register.driver(fleet.vendor(1), WallClock(), site)
    async with serving(fleet, hand) as agent:
        host, port = agent.addresses["OLT-00001"]
        target = OltTarget("infra", "OLT-00001", fleet.vendor(1), host, port, Secret("public"))
        try:
            yield Acted(fleet, hand, agent, target, DriverActions(lambda _: driver, WallClock()))
        finally:
            await driver.close()
            await site.engines.close()


@pytest.mark.parametrize("vendor", [name for name in discover() if name != "fiberhome_an"])
async def test_our_driver_deactivates_an_ont_and_activates_it_with_proof(vendor: str) -> None:
    async with acted(vendor) as site:
        told = await site.actions.act(site.target, site.name, SetOntAdmin(LOCK), 10)
        assert (told.outcome, told.proved) == (OltOutcome.DONE, True)
        assert (told.before.value(m.ONT_ADMIN), told.after.value(m.ONT_ADMIN)) == (UNLOCK, LOCK)
        assert told.after.value(m.ONT_OPER) is Oper.DOWN
        assert [row for row, up in enumerate(site.olt.up) if not up] == [ROW]
        assert CAUSES[site.olt.cause[ROW]] is DownCause.DEACTIVATED
        assert await site.act(SetOntAdmin(UNLOCK)) is OltOutcome.DONE
        assert site.olt.up.all()


async def test_fiberhome_has_no_object_for_that_and_our_driver_says_so() -> None:
    async with acted("fiberhome_an") as site:
        assert await site.act(SetOntAdmin(LOCK)) is OltOutcome.NOT_SENT
        assert site.olt.up.all()


@pytest.mark.parametrize("vendor", [name for name in discover() if name not in {"nokia_isam"}])
async def test_our_driver_restarts_an_ont_which_is_back_75_seconds_later(vendor: str) -> None:
    async with acted(vendor) as site:
        assert await site.act(RebootOnt()) is OltOutcome.DONE
        assert not site.olt.up[ROW]
        assert CAUSES[site.olt.cause[ROW]] is DownCause.RESET
        fell_us = site.olt.last_down_us[ROW]
        assert site.olt.last_gasp_us[ROW] == 0
        site.hand.move(74)
        assert not site.olt.up[ROW]
        site.hand.move(600)  # far beyond: it came back at its own instant
        assert site.olt.up[ROW]
        assert site.olt.last_up_us[ROW] - fell_us == 75_000_000


@pytest.mark.parametrize("vendor", ["nokia_isam", "huawei_smartax", "zte_zxan_c320", "fiberhome_an"])
async def test_our_driver_shuts_the_port_towards_the_box_and_opens_it(vendor: str) -> None:
    async with acted(vendor) as site:
        told = await site.actions.act(site.target, site.name, SetUniAdmin(LOCK), 10)
        assert told.outcome is OltOutcome.DONE
        assert told.after.value(m.UNI_OPER) is Oper.DOWN
        assert (bool(site.olt.up[ROW]), bool(site.olt.uni_up[ROW])) == (True, False)
        assert await site.act(SetUniAdmin(UNLOCK)) is OltOutcome.DONE
        assert site.olt.uni_up.all()


@pytest.mark.parametrize("vendor", ["nokia_isam", "huawei_smartax", "fiberhome_an"])
async def test_our_driver_shuts_a_pon_port_and_opens_it(vendor: str) -> None:
    async with acted(vendor) as site:
        told = await site.actions.act(site.target, site.name, SetPonAdmin(LOCK), 10)
        assert told.outcome is OltOutcome.DONE
        assert told.after.value(port_metrics.PON_ADMIN) is LOCK
        olt = site.olt
        mine = olt.topology.port == olt.topology.port[ROW]
        assert (olt.up == ~mine).all()
        assert olt.lit_ports().sum() == len(olt.pon_up) - 1
        assert await site.act(SetPonAdmin(UNLOCK)) is OltOutcome.DONE
        assert site.olt.up.all()


async def test_a_restart_gives_the_management_channel_back_until_it_is_lost_again() -> None:
    async with acted("huawei_smartax") as site:
        lost = ont_name(site.olt, ROW)
        site.fleet.fault("omci-lost", 1, lost)
        assert not site.olt.managed[ROW]
        assert await site.act(RebootOnt()) is OltOutcome.DONE
        site.hand.move(76)
        assert site.olt.managed[ROW]
        site.fleet.fault("omci-lost", 1, lost)
        assert not site.olt.managed[ROW]


async def test_an_activation_cures_a_lock_that_stands_and_no_later_one() -> None:
    async with acted("huawei_smartax") as site:
        site.fleet.fault("admin-down", 1, ont_name(site.olt, ROW))
        assert not site.olt.up[ROW]
        assert await site.act(SetOntAdmin(UNLOCK)) is OltOutcome.DONE
        assert site.olt.up[ROW]
        site.fleet.fault("admin-down", 1, ont_name(site.olt, ROW))
        assert not site.olt.up[ROW]


async def test_what_only_a_command_line_can_do_is_done_there_and_shown_over_snmp() -> None:
    fleet, hand = fleet_of(onts=64, off=0.0)
    site = register.Site()
    driver = register.driver("nokia_isam", WallClock(), site)
    async with serving(fleet, hand) as agent, FleetCli(fleet, agent.advance, olts=1) as cli:
        host, port = agent.addresses["OLT-00001"]
        options = fleet.options
        shell = CliAccess(*cli.addresses["OLT-00001"], options.cli_username, Secret(options.cli_password))
        target = OltTarget("infra", "OLT-00001", "nokia_isam", host, port, Secret("public"), shell)
        acted = Acted(fleet, hand, agent, target, DriverActions(lambda _: driver, WallClock()))
        try:
            assert await acted.act(RebootOnt()) is OltOutcome.DONE
            assert not acted.olt.up[ROW]
            hand.move(80)
            assert acted.olt.up[ROW]
            assert await acted.act(SetUniNegotiation(EthernetRate.HUNDRED)) is OltOutcome.DONE
            assert acted.olt.wrong.forced[ROW]
            assert await acted.act(SetUniNegotiation(None)) is OltOutcome.DONE
            assert not acted.olt.wrong.forced.any()
            assert await acted.act(SetPonAdmin(LOCK)) is OltOutcome.DONE
            assert not acted.olt.up[ROW]
        finally:
            await driver.close()
            await site.engines.close()


REFUSED = {  # per vendor: an object that is read only, one that can be set, and a value that it cannot have
    "nokia_isam": ("1.3.6.1.2.1.2.2.1.8", IF_ADMIN, 3),
    "huawei_smartax": (f"{HUAWEI}.46.1.15", f"{HUAWEI}.46.1.1", 0),
    "zte_zxan": (f"{ZTE_1082}.10.2.3.8.1.4", f"{ZTE_1082}.10.2.3.8.1.1", 7),
    "zte_zxan_c320": (f"{ZTE_1012}.28.2.1.4", f"{ZTE_1012}.28.1.1.17", 7),
    "zte_zxan_c320_v2": (f"{ZTE_1082}.10.2.3.8.1.4", f"{ZTE_1012}.28.1.1.17", 7),
    "fiberhome_an": (f"{FIBERHOME}.10.1.1.11", f"{FIBERHOME}.2.2.1.2", 2),
}


@pytest.mark.parametrize("vendor", sorted(discover()))
async def test_what_cannot_be_set_is_refused_as_that_vendor_does_and_nothing_of_it_is_done(vendor: str) -> None:
    fleet, hand = fleet_of(onts=64, off=0.0, vendors={vendor: 1.0})
    readable, writable, wrong = REFUSED[vendor]
    async with serving(fleet, hand) as agent:
        with client(agent) as asker:
            (row, before), *_ = await asker.walk(writable)
            (other, _), *_ = await asker.walk(readable)
            version = fleet.olt(1).state_version

            async def refused(*objects: tuple[str, int | bytes]) -> tuple[int, int]:
                answer = await asker.set(*objects)
                return answer.status, answer.index

            assert await refused((other, 1)) == (NOT_WRITABLE, 1)
            assert await refused(("1.3.6.1.2.1.1.5.0", b"my name")) == (NOT_WRITABLE, 1)
            assert await refused((f"{writable}.1.2.3.4.5", 1)) == (NO_CREATION, 1)
            assert await refused((row, b"2")) == (WRONG_TYPE, 1)
            assert await refused((row, wrong)) == (WRONG_VALUE, 1)
            shut = 0 if vendor == "fiberhome_an" else 2
            assert await refused((row, shut), (other, 1)) == (NOT_WRITABLE, 2)
            assert int((await asker.get(row)).varbinds[0][1]) == int(before)
            assert fleet.olt(1).state_version == version
            assert await refused((row, shut)) == (0, 0)
            assert int((await asker.get(row)).varbinds[0][1]) == shut


async def test_an_olt_of_another_community_or_cut_off_obeys_nobody() -> None:
    fleet, hand = fleet_of(onts=8, off=0.0, vendors={"huawei_smartax": 1.0})
    async with serving(fleet, hand) as agent:
        with client(agent) as asker:
            (row, _), *_ = await asker.walk(f"{HUAWEI}.46.1.1")
            asker._community = "private"
            with pytest.raises(AssertionError, match="no answer"):
                await asyncio.wait_for(asker.set((row, 2)), 10)
    assert fleet.olt(1).up.all()


async def test_net_snmp_sets_over_v3_what_the_fleet_then_shows() -> None:
    require("snmpset", available=shutil.which("snmpset") is not None)
    fleet, hand = fleet_of(olts=2, onts=16, off=0.0, vendors={"huawei_smartax": 1.0})
    user = V3User("diag", "sha256", "authentic-words", "private-words")
    async with FleetAgent(fleet, hand, user=user) as agent:
        with client(agent, 2) as asker:
            rows = [oid for oid, _ in await asker.walk(f"{HUAWEI}.46.1.1")]
        host, port = agent.addresses["OLT-00002"]
        words = ["-v3", "-u", "diag", "-l", "authPriv", "-a", "SHA-256", "-A", "authentic-words"]
        words += ["-x", "AES", "-X", "private-words", "-t", "5", "-Ih", "-On", f"{host}:{port}", rows[3], "i", "2"]
        process = await asyncio.create_subprocess_exec(
            "snmpset", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={"MIBS": ""}
        )
        said, complaint = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0, complaint
    assert said.decode().strip() == f".{rows[3]} = INTEGER: 2"
    assert [row for row, up in enumerate(fleet.olt(2).up) if not up] == [3]
    assert fleet.olt(1).up.all()
