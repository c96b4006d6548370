"""What is done to an ONT through its OLT, over SNMP and over the command line, and what the plant shows of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from collectors import register
from collectors.olt_actions import DriverActions
from domain.identifiers import Firmware, OntName
from domain.metrics import ont as m
from domain.olt import CliAccess, OltTarget
from domain.olt_actions import (
    ActionKind,
    FirmwareToPlanned,
    OltAction,
    OltOutcome,
    RebootOnt,
    ReprovisionOnt,
    SetOntAdmin,
    SetPonAdmin,
    SetUniAdmin,
    SetUniNegotiation,
)
from domain.reading import Via
from domain.secret import Secret
from domain.states import Admin, DownCause, EthernetRate, Negotiation, Oper
from simulators.cli_ssh import OltCli
from simulators.plant.orders import RESTART, SetOnt
from simulators.plant.plant import Plant
from simulators.plant.state import OntState
from simulators.snmp.agent import SnmpAgent
from simulators.snmp.message import SET, decode_request
from tests.collectors.conformance.suite import target_of
from tests.simulators.vendor_site import running

USER, PASSWORD = "diag", "cli-secret"
TYPED = ("demo", "huawei", "zte_c320", "zte_c600")
LOCK, UNLOCK = Admin.LOCKED, Admin.UNLOCKED


@dataclass
class Acted:
    plant: Plant
    target: OltTarget
    actions: DriverActions
    agent: SnmpAgent

    @property
    def name(self) -> OntName:
        return next(name for name, ont in self.plant.state.onts.items() if ont.provisioned and ont.oper_up)

    @property
    def ont(self) -> OntState:
        return self.plant.state.onts[self.name]


@asynccontextmanager
async def acted(name: str, *, cli: bool = False) -> AsyncIterator[Acted]:
    plant, clock = running(name)
    site = register.Site()
    vendor = plant.state.olt.vendor
    driver = register.driver(vendor, clock, site)
    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        target = target_of(vendor, agent.port)
        shell = OltCli(plant, "127.0.0.1", 0, USER, PASSWORD) if cli else None
        try:
            if shell is not None:
                await shell.__aenter__()
                target = replace(target, cli=CliAccess("127.0.0.1", shell.port, USER, Secret(PASSWORD)))
            yield Acted(plant, target, DriverActions(lambda _: driver, clock), agent)
        finally:
            await driver.close()
            await site.engines.close()
            if shell is not None:
                await shell.__aexit__(None, None, None)


@pytest.mark.parametrize("plant", ["demo", "huawei", "zte_c320", "zte_c600"])
async def test_an_ont_is_deactivated_and_activated_by_snmp_with_proof(plant: str) -> None:
    async with acted(plant) as site:
        name = site.name
        told = await site.actions.act(site.target, name, SetOntAdmin(LOCK), 10)
        assert (told.outcome, told.proved, told.source.via) == (OltOutcome.DONE, True, Via.SNMP)
        assert (told.before.value(m.ONT_ADMIN), told.after.value(m.ONT_ADMIN)) == (UNLOCK, LOCK)
        assert told.after.value(m.ONT_OPER) is Oper.DOWN
        assert not site.plant.state.onts[name].oper_up
        told = await site.actions.act(site.target, name, SetOntAdmin(UNLOCK), 10)
        assert (told.outcome, told.proved) == (OltOutcome.DONE, True)
        assert site.plant.state.onts[name].oper_up


@pytest.mark.parametrize("plant", ["huawei", "zte_c320", "zte_c600", "fiberhome"])
async def test_an_ont_is_restarted_by_snmp_and_nothing_pretends_to_prove_it(plant: str) -> None:
    async with acted(plant) as site:
        name = site.name
        told = await site.actions.act(site.target, name, RebootOnt(), 10)
        assert (told.outcome, told.proved, told.source.via) == (OltOutcome.DONE, False, Via.SNMP)
        assert site.plant.state.onts[name].down_cause is DownCause.RESET
        assert told.after.value(m.ONT_OPER) is Oper.DOWN


@pytest.mark.parametrize("plant", ["demo", "huawei", "zte_c320", "fiberhome"])
async def test_a_user_port_is_shut_and_opened_by_snmp(plant: str) -> None:
    async with acted(plant) as site:
        name = site.name
        told = await site.actions.act(site.target, name, SetUniAdmin(LOCK), 10)
        assert (told.outcome, told.proved) == (OltOutcome.DONE, True)
        assert not site.plant.state.onts[name].uni_up
        told = await site.actions.act(site.target, name, SetUniAdmin(UNLOCK), 10)
        assert (told.outcome, told.proved) == (OltOutcome.DONE, True)
        assert site.plant.state.onts[name].uni_up


@pytest.mark.parametrize("plant", ["demo", "huawei", "fiberhome"])
async def test_a_pon_port_is_shut_by_snmp(plant: str) -> None:
    async with acted(plant) as site:
        name = site.name
        told = await site.actions.act(site.target, name, SetPonAdmin(LOCK), 10)
        assert (told.outcome, told.proved) == (OltOutcome.DONE, True)
        assert not site.plant.state.pons[name.pon_name].laser_on


CHANGES: dict[str, tuple[OltAction, Callable[[OntState], bool]]] = {
    "restart": (RebootOnt(), lambda ont: ont.down_cause is DownCause.RESET),
    "deactivate": (SetOntAdmin(LOCK), lambda ont: not ont.admin_up),
    "reprovision": (ReprovisionOnt(), lambda ont: ont.down_cause is DownCause.RESET),
    "user port": (SetUniAdmin(LOCK), lambda ont: not ont.uni_admin_up),
    "forced rate": (SetUniNegotiation(EthernetRate.HUNDRED), lambda ont: ont.uni_negotiation is Negotiation.FORCED),
    "PON port": (SetPonAdmin(LOCK), lambda ont: not ont.oper_up),
}


@pytest.mark.parametrize(("action", "seen"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("plant", TYPED)
async def test_where_the_site_gives_a_command_line_what_it_supports_is_done(
    plant: str, action: OltAction, seen: Callable[[OntState], bool]
) -> None:
    async with acted(plant, cli=True) as site:
        name = site.name
        told = await site.actions.act(site.target, name, action, 15)
        if action.kind in site.actions.supported(site.target):
            assert told.outcome is OltOutcome.DONE, told.fault
            assert seen(site.plant.state.onts[name])
        else:
            assert (told.outcome, told.fault and told.fault.code) == (OltOutcome.NOT_SENT, "not_supported")
            assert not seen(site.plant.state.onts[name])


async def test_each_vendor_declares_what_can_be_done_and_how() -> None:
    declared = {}
    for plant in ("demo", "huawei", "zte_c600", "fiberhome"):
        async with acted(plant) as site:
            with_cli = replace(site.target, cli=CliAccess("127.0.0.1", 1, USER, Secret(PASSWORD)))
            declared[plant] = (site.actions.supported(site.target), site.actions.supported(with_cli))
    assert ActionKind.REBOOT_ONT not in declared["demo"][0]
    assert declared["demo"][1] == frozenset(ActionKind) - {ActionKind.REPROVISION_ONT}
    assert declared["huawei"][1] == frozenset(ActionKind) - {ActionKind.FIRMWARE_TO_PLANNED}
    assert ActionKind.SET_ONT_ADMIN not in declared["fiberhome"][1]
    assert declared["fiberhome"][0] == declared["fiberhome"][1]


async def test_a_command_line_is_taken_where_the_agent_lacks_the_object() -> None:
    async with acted("zte_c600", cli=True) as site:
        quirks = replace(site.plant.state.olt.quirks, absent=((1, 3, 6, 1, 4, 1, 3902, 1082, 500, 20, 2, 1, 10),))
        site.plant.state.olt.quirks = quirks
        name = site.name
        told = await site.actions.act(site.target, name, RebootOnt(), 15)
        assert (told.outcome, told.source.via) == (OltOutcome.DONE, Via.CLI)
        assert site.plant.state.onts[name].down_cause is DownCause.RESET


async def test_without_a_command_line_the_refusal_names_the_object() -> None:
    async with acted("zte_c600") as site:
        quirks = replace(site.plant.state.olt.quirks, absent=((1, 3, 6, 1, 4, 1, 3902, 1082, 500, 20, 2, 1, 10),))
        site.plant.state.olt.quirks = quirks
        told = await site.actions.act(site.target, site.name, RebootOnt(), 10)
        assert told.outcome is OltOutcome.REFUSED
        assert told.fault is not None
        assert told.fault.code == "notWritable"
        assert told.fault.locator.startswith("1.3.6.1.4.1.3902.1082.500.20.2.1.10.1.1.")


async def test_an_ont_that_is_configured_nowhere_is_refused_by_the_command_line() -> None:
    async with acted("huawei", cli=True) as site:
        name = replace(site.name, ont=120)
        told = await site.actions.act(site.target, name, ReprovisionOnt(), 15)
        assert told.outcome is OltOutcome.REFUSED
        assert told.fault is not None
        assert (told.fault.code, told.fault.text) == ("cli", "Failure: The ONT does not exist")


async def test_reboot_is_never_typed_outside_the_view_of_an_onu() -> None:
    """On a ZXA10 that would restart the OLT."""
    async with acted("zte_c320", cli=True) as site:
        site.plant.state.olt.quirks = replace(site.plant.state.olt.quirks, absent=((1, 3, 6, 1, 4, 1, 3902),))
        told = await site.actions.act(site.target, replace(site.name, ont=99), RebootOnt(), 15)
        assert told.outcome is OltOutcome.REFUSED
        assert told.fault is not None
        assert told.fault.locator.startswith("pon-onu-mng ")
        assert all(ont.oper_up or not ont.provisioned for ont in site.plant.state.onts.values())


async def test_a_name_that_the_vendor_cannot_have_is_not_sent() -> None:
    async with acted("huawei") as site:
        told = await site.actions.act(site.target, OntName(9, 9, 99, 99, 9), SetOntAdmin(LOCK), 5)
        assert (told.outcome, told.fault and told.fault.code) == (OltOutcome.NOT_SENT, "invalid")


async def test_the_planned_firmware_is_brought_to_an_ont_of_an_isam_and_runs_after_its_restart() -> None:
    async with acted("demo", cli=True) as site:
        name = site.name
        site.plant.apply("firmware-not-planned", str(name))
        planned = site.plant.state.onts[name].firmware_planned
        told = await site.actions.act(site.target, name, FirmwareToPlanned(), 15)
        assert (told.outcome, told.proved, told.source.via) == (OltOutcome.DONE, False, Via.CLI)
        assert told.source.locator.endswith(f"sw-ver-pland {Firmware(planned).text}")
        assert told.before.value(m.ONT_FIRMWARE_ACTIVE) != told.before.value(m.ONT_FIRMWARE_PLANNED)
        assert site.plant.state.onts[name].down_cause is DownCause.RESET
        await site.plant.clock.sleep_until(site.plant.clock.now() + RESTART)  # a clock moved by hand
        site.plant.run_due()
        later = await site.actions.settle(site.target, name, FirmwareToPlanned(), 5)
        assert (later.after.value(m.ONT_OPER), site.ont.firmware_active) == (Oper.UP, planned)
        assert later.after.value(m.ONT_FIRMWARE_ACTIVE) == Firmware(planned)


@pytest.mark.parametrize("said", [b"AUTO", b"DISABLED", b"", b"1.0; admin reboot"])
async def test_an_isam_that_plans_no_version_by_name_is_sent_nothing(said: bytes) -> None:
    async with acted("demo", cli=True) as site:
        site.ont.firmware_planned = said.ljust(14, b"\x00")[:14]
        told = await site.actions.act(site.target, site.name, FirmwareToPlanned(), 10)
        assert (told.outcome, told.fault and told.fault.code) == (OltOutcome.NOT_SENT, "not_supported")
        assert site.ont.oper_up


@pytest.mark.parametrize("plant", ["huawei", "zte_c320", "zte_c600", "fiberhome"])
async def test_olts_that_plan_no_firmware_say_that_they_cannot_be_asked_for_it(plant: str) -> None:
    async with acted(plant, cli=plant in TYPED) as site:
        assert ActionKind.FIRMWARE_TO_PLANNED not in site.actions.supported(site.target)
        told = await site.actions.act(site.target, site.name, FirmwareToPlanned(), 5)
        assert (told.outcome, told.fault and told.fault.code) == (OltOutcome.NOT_SENT, "not_supported")


class Loser(asyncio.DatagramProtocol):
    """Passes everything between one client at a time and an agent, but SETs or the answers to them."""

    def __init__(self, server: int, lost: str) -> None:
        self.server, self.lost = ("127.0.0.1", server), lost
        self.sets = 0
        self.swallow = False
        self.client: Any = None
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        if address == self.server:
            if not self.swallow:
                self.transport.sendto(data, self.client)
            self.swallow = False
            return
        self.client = address
        if decode_request(data).pdu == SET:
            self.sets += 1
            self.swallow = self.lost == "answer"
            if self.lost == "request":
                return
        self.transport.sendto(data, self.server)


@asynccontextmanager
async def losing(server: int, lost: str) -> AsyncIterator[tuple[int, Loser]]:
    loop = asyncio.get_running_loop()
    transport, between = await loop.create_datagram_endpoint(lambda: Loser(server, lost), local_addr=("127.0.0.1", 0))
    try:
        yield int(transport.get_extra_info("sockname")[1]), between
    finally:
        transport.close()
        await asyncio.sleep(0)


async def test_a_set_whose_answer_is_lost_is_not_sent_again_but_read_back_and_found_done() -> None:
    async with acted("huawei") as site, losing(site.target.port, "answer") as (port, between):
        told = await site.actions.act(replace(site.target, port=port), site.name, SetOntAdmin(LOCK), 5)
        assert (told.outcome, told.proved) == (OltOutcome.DONE, True)
        assert between.sets == 1


async def test_a_set_that_never_arrived_is_unknown_and_says_what_state_it_left() -> None:
    async with acted("huawei") as site, losing(site.target.port, "request") as (port, between):
        target, name = replace(site.target, port=port), site.name
        told = await site.actions.act(target, name, SetOntAdmin(LOCK), 5)
        assert (told.outcome, told.proved, between.sets) == (OltOutcome.UNKNOWN, False, 1)
        assert told.after.value(m.ONT_ADMIN) is UNLOCK
        later = await site.actions.settle(target, name, SetOntAdmin(LOCK), 3)
        assert later.outcome is OltOutcome.UNKNOWN
        site.plant.order(SetOnt(name, up=False))
        later = await site.actions.settle(target, name, SetOntAdmin(LOCK), 3)
        assert (later.outcome, later.proved) == (OltOutcome.DONE, True)


async def test_a_restart_whose_answer_is_lost_is_unknown_and_not_sent_again() -> None:
    async with acted("huawei") as site, losing(site.target.port, "answer") as (port, between):
        told = await site.actions.act(replace(site.target, port=port), site.name, RebootOnt(), 5)
        assert (told.outcome, between.sets) == (OltOutcome.UNKNOWN, 1)


async def test_an_olt_that_is_down_gives_an_outcome_and_not_an_exception() -> None:
    async with acted("huawei", cli=True) as site:
        site.plant.apply("olt-unreachable", "")
        told = await site.actions.act(site.target, site.name, SetOntAdmin(LOCK), 3)
        assert told.outcome is OltOutcome.UNKNOWN  # a datagram may have arrived
        told = await site.actions.act(site.target, site.name, ReprovisionOnt(), 3)
        assert told.outcome is OltOutcome.NOT_SENT
