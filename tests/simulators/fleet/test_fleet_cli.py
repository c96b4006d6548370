"""Command lines of a fleet, read by the collectors: what they tell of an ONT is what SNMP tells of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncssh
import numpy as np
import pytest

from collectors.cli.netmiko_shell import open_shell
from collectors.cli.sessions import CliSessions
from collectors.cli.sheet import Sheet
from collectors.register import Site, drivers
from collectors.vendors.huawei_smartax.cli_ont import HuaweiCli
from collectors.vendors.nokia_isam import subslocid
from collectors.vendors.nokia_isam.cli_show import questions
from collectors.vendors.zte_zxan.cli_ont import ZteCli
from domain.clock import WallClock
from domain.errors import DiagnosticsError
from domain.identifiers import OntName
from domain.metric import Metric, Readings
from domain.metrics import ont as m
from domain.olt import CliAccess, OltTarget
from domain.reading import Reason
from domain.secret import Secret
from domain.states import DownCause, Oper
from simulators.fleet.cli import FleetCli
from simulators.fleet.fleet import Fleet
from simulators.fleet.seen import SeenOlt
from tests.simulators.fleet.kit import fleet_of, ont_name, serving

WITH_CLI = ("nokia_isam", "huawei_smartax", "zte_zxan", "zte_zxan_c320", "zte_zxan_c320_v2")
LEVELS = {m.ONT_RX_DBM, m.ONT_TX_DBM, m.OLT_RX_DBM}
ALIKE: tuple[Metric[Any], ...] = (
    m.ONT_OPER,
    m.ONT_ADMIN,
    m.ONT_SERIAL,
    m.ONT_DISTANCE_M,
    m.ONT_DOWN_CAUSE,
    m.UNI_OPER,
    m.UNI_RATE,
)


@asynccontextmanager
async def lines(fleet: Fleet, olts: int = 1) -> AsyncIterator[tuple[FleetCli, CliSessions]]:
    cli = FleetCli(fleet, lambda: None, olts=olts)
    sessions = CliSessions(open_shell)
    async with cli:
        try:
            yield cli, sessions
        finally:
            await sessions.close()


def access(cli: FleetCli, number: int = 1) -> CliAccess:
    host, port = cli.addresses[f"OLT-{number:05d}"]
    return CliAccess(host, port, "diag", Secret("sim-cli"))


async def told(vendor: str, sessions: CliSessions, line: CliAccess, name: OntName) -> Readings:
    """What the collectors read of an ONT on its OLT's command line."""
    if vendor == "huawei_smartax":
        return await HuaweiCli(sessions, WallClock()).read_ont(line, name, 20.0)
    if vendor != "nokia_isam":
        return await ZteCli(sessions, WallClock(), UTC).read_ont(line, name, 20.0)
    sheet = Sheet(datetime.now(UTC), "show")
    asked = questions(name)
    answers = await sessions.run(line, subslocid.DIALECT, [command for command, _, _ in asked], 20.0)
    for (_, _, read), answer in zip(asked, answers, strict=True):
        read(answer, sheet)
    return sheet.readings


def alike(value: object) -> object:
    """ZTE has two numbers and one word for a lost power. A Nokia prints kilometres with one decimal."""
    return DownCause.POWER_OFF if value is DownCause.DYING_GASP else value


@pytest.mark.parametrize("xgs", [0.0, 1.0])
@pytest.mark.parametrize("vendor", WITH_CLI)
async def test_the_command_line_and_snmp_tell_the_same_of_an_ont_of_the_fleet(vendor: str, xgs: float) -> None:
    fleet, hand = fleet_of(onts=90, vendors={vendor: 1.0}, off=0.0, xgs=xgs)
    olt, first = fleet.olt(1), fleet.tables(1).first
    hand.move(3600)
    fleet.fault("drop-cut", 1, ont_name(olt, 3))
    fleet.fault("ont-power-off", 1, ont_name(olt, 4))
    fleet.fault("dirty-connector", 1, ont_name(olt, 70))
    fleet.fault("uni-unplugged", 1, ont_name(olt, 71))
    hand.move(120)
    real, t = fleet.vendor(1), olt.topology
    driver = drivers()[real].driver(WallClock(), Site())
    async with serving(fleet, hand) as agent, lines(fleet) as (cli, sessions):
        host, port = agent.addresses["OLT-00001"]
        target = OltTarget("infra", "OLT-00001", real, host, port, Secret("public"))
        try:
            for row in (0, 3, 4, 70, 71):
                name = OntName(first, first, int(t.slot[row]), int(t.pon[row]), int(t.ont[row]))
                snmp = (await driver.read_ont(target, name, 20.0)).readings
                typed = await told(vendor, sessions, access(cli), name)
                up = bool(olt.up[row])
                assert typed[m.ONT_OPER].value is (Oper.UP if up else Oper.DOWN)
                for metric in ALIKE:
                    if metric in typed and metric in snmp and typed[metric].known and snmp[metric].known:
                        assert alike(typed[metric].value) == pytest.approx(alike(snmp[metric].value), abs=50.1)
                for metric in LEVELS:
                    assert typed[metric].known == (metric in snmp and snmp[metric].known) == up
                    if up:
                        assert typed[metric].value == pytest.approx(snmp[metric].value, abs=0.051)
                if up:
                    assert typed[m.ONT_RX_DBM].value == pytest.approx(olt.light.ont_rx_dbm[row], abs=0.011)
        finally:
            await driver.close()


async def test_a_cut_shows_on_the_next_command_and_its_repair_on_the_one_after() -> None:
    fleet, hand = fleet_of(onts=40, vendors={"huawei_smartax": 1.0}, off=0.0)
    olt = fleet.olt(1)
    t = olt.topology
    name = OntName(0, 0, int(t.slot[5]), int(t.pon[5]), int(t.ont[5]))
    async with lines(fleet) as (cli, sessions):
        reader = HuaweiCli(sessions, WallClock())
        assert (await reader.read_ont(access(cli), name, 20.0))[m.ONT_OPER].value is Oper.UP
        fault = fleet.fault("drop-cut", 1, ont_name(olt, 5))
        hand.move(1)
        assert (await reader.read_ont(access(cli), name, 20.0))[m.ONT_OPER].value is Oper.DOWN
        fleet.repair(fault.id)
        hand.move(1)
        rows = await reader.read_pon(access(cli), name.pon_name, 20.0)
        assert not isinstance(rows, Reason)
        assert len(rows) == int((t.port == t.port[5]).sum())
        assert all(row.readings[m.ONT_OPER].value is Oper.UP for row in rows)


async def test_an_olt_that_is_unreachable_says_nothing_on_its_command_line_and_others_go_on() -> None:
    fleet, _ = fleet_of(olts=2, onts=40, vendors={"zte_zxan": 1.0}, off=0.0)
    names = [
        OntName(1, 1, *(int(column[0]) for column in (t.slot, t.pon, t.ont)))
        for t in (fleet.olt(1).topology, fleet.olt(2).topology)
    ]
    async with lines(fleet, olts=2) as (cli, sessions):
        reader = ZteCli(sessions, WallClock(), UTC)
        for number, name in enumerate(names, 1):
            assert (await reader.read_ont(access(cli, number), name, 20.0))[m.ONT_OPER].known
        fault = fleet.fault("olt-unreachable", 1, "OLT")
        assert not (await reader.read_ont(access(cli, 1), names[0], 1.0))[m.ONT_OPER].known
        assert (await reader.read_ont(access(cli, 2), names[1], 20.0))[m.ONT_OPER].known
        fleet.repair(fault.id)
        fresh = CliSessions(open_shell)  # without the pause that the other takes after a failure
        assert (await ZteCli(fresh, WallClock(), UTC).read_ont(access(cli, 1), names[0], 20.0))[m.ONT_OPER].known
        await fresh.close()


async def test_olts_spread_over_addresses_have_their_command_lines_there_on_one_port() -> None:
    fleet, _ = fleet_of(olts=5, onts=8, spread="addresses", vendors={"nokia_isam": 1.0, "fiberhome_an": 1.0}, seed=3)
    vendors = {f"OLT-{number:05d}": fleet.vendor(number) for number in range(1, 6)}
    assert set(vendors.values()) == {"nokia_isam", "fiberhome_an"}, "both are among them"
    async with lines(fleet, olts=5) as (cli, _):
        assert {*cli.addresses} == {name for name, vendor in vendors.items() if vendor == "nokia_isam"}
        assert len({port for _, port in cli.addresses.values()}) == 1
        assert all(host == f"127.64.0.{int(name[4:])}" for name, (host, _) in cli.addresses.items())
        name, (host, port) = next(iter(cli.addresses.items()))
        async with (
            asyncssh.connect(host, port, username="diag", password="sim-cli", known_hosts=None) as client,
            client.create_process(term_type="vt100") as process,
        ):
            process.stdin.write("show equipment ont optics xml\n")
            answer = await process.stdout.readuntil("</runtime-data>")
        assert answer.count("<instance") == 8, name


async def test_no_olt_is_made_before_somebody_types_and_only_what_is_asked_for_is_made_of_it() -> None:
    fleet, _ = fleet_of(olts=3, onts=2_000)
    async with lines(fleet, olts=3):
        assert fleet.made == 0
    seen = SeenOlt(fleet, 2, lambda: None)
    t = fleet.olt(2).topology
    assert fleet.made == 1
    name = OntName(1, 1, int(t.slot[1234]), int(t.pon[1234]), int(t.ont[1234]))
    assert seen.state.onts[name].distance_m == t.length_m[1234]
    assert len(seen.state.onts) == 2_000
    assert np.count_nonzero([one.name == name for one in seen.state.onts.values()]) == 1
    for unknown in (OntName(2, 1, 1, 1, 1), OntName(1, 1, 1, 1, 127)):
        assert unknown not in seen.state.onts


async def test_command_lines_too_many_for_the_open_files_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.fleet.cli.allow_files", lambda _: 10)
    fleet, _ = fleet_of(olts=3, onts=8)
    with pytest.raises(OSError, match="ask for fewer --cli"):
        async with lines(fleet, olts=3):
            raise DiagnosticsError("never reached")
