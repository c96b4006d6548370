from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.cli.sheet import Sheet
from collectors.vendors.zte_zxan import cli_parse, cli_tables
from collectors.vendors.zte_zxan.cli_ont import CAPABILITIES, ZteCli
from domain.identifiers import OntName, PonName, SerialNumber
from domain.metric import Readings
from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import (
    OLT_RX_DBM,
    ONT_ADMIN,
    ONT_DISTANCE_M,
    ONT_DOWN_CAUSE,
    ONT_EQUIPMENT_ID,
    ONT_LAST_DOWN,
    ONT_LAST_UP,
    ONT_NAME,
    ONT_OPER,
    ONT_PASSWORD,
    ONT_PHASE,
    ONT_PROVISIONED,
    ONT_RX_DBM,
    ONT_SERIAL,
    ONT_TX_DBM,
    UNI_OPER,
    UNI_RATE,
)
from domain.reading import Reason
from domain.states import Admin, DownCause, EthernetRate, OntPhase, Oper
from simulators.cli_ssh import Habits
from tests.collectors.cli_site import CliSite, cli_site
from tests.shared import shared_dir

AT = datetime(2019, 5, 9, 8, 0, tzinfo=UTC)
Z1082 = "1.3.6.1.4.1.3902.1082.500"


def captured(name: str) -> str:
    path: Path = shared_dir() / "cli/zte" / name
    return path.read_text()


def sheet() -> Sheet:
    return Sheet(AT, "show")


async def read(site: CliSite, name: OntName, timeout_s: float = 20) -> Readings:
    return await ZteCli(site.sessions, site.clock, UTC).read_ont(site.access, name, timeout_s)


def test_the_captured_detail_is_read_and_its_hidden_serial_is_not() -> None:
    paper = sheet()
    cli_parse.detail(captured("c3xx_show_gpon_onu_detail-info.working.txt"), OntName(1, 1, 1, 1, 1), UTC, paper)
    values = paper.readings
    assert values.value(ONT_PHASE) is OntPhase.WORKING
    assert values.value(ONT_OPER) is Oper.UP
    assert values.value(ONT_ADMIN) is Admin.UNLOCKED
    assert values.value(ONT_EQUIPMENT_ID) == "F609"
    assert values.value(ONT_DISTANCE_M) == 3703
    assert values.value(ONT_LAST_UP) == datetime(2022, 9, 5, 14, 4, 42, tzinfo=UTC)
    assert values[ONT_LAST_DOWN].reason is Reason.NO_READING
    assert values[ONT_SERIAL].reason is Reason.MALFORMED
    assert values[ONT_PASSWORD].reason is Reason.NO_READING


def test_the_captured_levels_are_read() -> None:
    paper = sheet()
    cli_parse.attenuation(captured("c3xx_show_pon_power_attenuation.txt"), paper)
    wanted = {OLT_RX_DBM: -20.241, ONT_TX_DBM: 2.423, PON_TX_DBM: 5.369, ONT_RX_DBM: -16.676}
    assert {metric: paper.readings.value(metric) for metric in wanted} == wanted


def test_the_captured_states_are_read() -> None:
    rows = cli_tables.states(captured("c320_show_gpon_onu_state.channel.txt"), PonName(1, 1, 2, 1), AT, "show")
    assert isinstance(rows, list)
    phases = {row.name.ont: row.readings.value(ONT_PHASE) for row in rows}
    assert len(phases) == 40
    assert sum(phase is OntPhase.WORKING for phase in phases.values()) == 28
    assert (phases[5], phases[23], phases[101]) == (OntPhase.LOS, OntPhase.DYING_GASP, OntPhase.OFFLINE)


def test_a_table_of_states_that_was_cut_is_not_believed() -> None:
    whole = captured("c320_show_gpon_onu_state.channel.txt")
    lines = whole.splitlines(keepends=True)
    assert cli_tables.states("".join(lines[:20]), PonName(1, 1, 2, 1), AT, "show") is Reason.MALFORMED
    assert cli_tables.states("".join(lines[:20] + lines[21:]), PonName(1, 1, 2, 1), AT, "show") is Reason.MALFORMED


def test_instants_without_a_known_zone_are_not_read() -> None:
    paper = sheet()
    cli_parse.detail(captured("c3xx_show_gpon_onu_detail-info.working.txt"), OntName(1, 1, 1, 1, 1), None, paper)
    assert paper.readings[ONT_LAST_UP].reason is Reason.NOT_SUPPORTED


@pytest.mark.parametrize(
    "answer", ["", "\x00\xff\x1b[", "%Error 20201: Invalid input", "up Rx :", "-" * 5000, ": :\n" * 99]
)
def test_garbage_gives_reasons_and_no_value(answer: str) -> None:
    paper = sheet()
    cli_parse.detail(answer, OntName(1, 1, 1, 1, 1), UTC, paper)
    cli_parse.attenuation(answer, paper)
    cli_parse.ports(answer, paper)
    assert all(metric in paper.readings for metric in CAPABILITIES)
    assert not any(reading.known for reading in paper.readings.values.values())
    assert isinstance(cli_tables.states(answer, PonName(1, 1, 1, 1), AT, "show"), Reason)


@pytest.mark.parametrize("plant", ["zte_c320", "zte_c600"])
@pytest.mark.parametrize("habits", [Habits(), Habits(page_lines=5, alarms=True)], ids=["plain", "alarmed"])
async def test_an_ont_reads_the_same_through_snmp_in_either_spelling(plant: str, habits: Habits) -> None:
    async with cli_site(plant, habits) as site:
        ont = site.snmp.layout(4)
        name = ont.name
        found = await read(site, name)
        index = f"{0x11010000 | name.slot << 8 | name.pon}.{name.ont}"
        raw = [await site.snmp.one(f"{Z1082}.20.2.2.2.1.{column}.{index}.1") for column in (10, 14)]
        assert found.value(ONT_RX_DBM) == pytest.approx(raw[0] * 0.002 - 30, abs=0.0011)
        assert found.value(ONT_TX_DBM) == pytest.approx(raw[1] * 0.002 - 30, abs=0.0011)
        assert found.value(OLT_RX_DBM) == pytest.approx(await site.snmp.one(f"{Z1082}.1.2.4.2.1.2.{index}") / 1000)
        assert found.value(ONT_DISTANCE_M) == await site.snmp.one(f"{Z1082}.10.2.3.10.1.2.{index}")
        assert found.value(ONT_SERIAL) == SerialNumber.parse(str(ont.serial))
        assert (found.value(ONT_PHASE), await site.snmp.one(f"{Z1082}.10.2.3.8.1.4.{index}")) == (OntPhase.WORKING, 4)
        assert found.value(UNI_OPER) is Oper.UP
        assert found.value(UNI_RATE) is EthernetRate.GIGABIT
        assert found[ONT_NAME].known is (plant == "zte_c320")  # C600 masks names


async def test_an_ont_without_power_is_told_with_its_instant_and_lacks_its_levels() -> None:
    async with cli_site("zte_c600") as site:
        name = site.snmp.layout(1).name
        site.clock.advance(minutes=4)
        fault = site.plant.fault("ont-power-off", str(name))
        found = await read(site, name)
        assert found.value(ONT_PHASE) is OntPhase.DYING_GASP
        assert found.value(ONT_OPER) is Oper.DOWN
        assert found.value(ONT_LAST_DOWN) == site.clock.now()
        assert found.value(ONT_DOWN_CAUSE) is DownCause.DYING_GASP
        assert found[ONT_RX_DBM].reason is Reason.NO_READING
        assert found[UNI_OPER].reason is Reason.OFFLINE
        site.clock.advance(minutes=2)
        site.plant.repair(fault.id)
        again = await read(site, name)
        assert again.value(ONT_LAST_UP) == site.clock.now()
        assert again.value(ONT_DOWN_CAUSE) is DownCause.DYING_GASP


@pytest.mark.parametrize("layout", ["channel", "o7", "speed"])
async def test_the_states_of_a_port_are_read_in_each_layout(layout: str) -> None:
    async with cli_site("zte_c320", Habits(page_lines=8, alarms=True, state_layout=layout)) as site:
        first = site.snmp.layout(0)
        site.plant.fault("pbo-cut", first.pbo)
        rows = await ZteCli(site.sessions, site.clock).read_pon(site.access, first.name.pon_name, 20)
        assert isinstance(rows, list)
        assert {row.name for row in rows} == {n for n in site.plant.layout.onts if n.pon_name == first.name.pon_name}
        dark = {row.name for row in rows if row.readings.value(ONT_PHASE) is OntPhase.LOS}
        assert dark == set(site.plant.layout.pbos[first.pbo])


async def test_an_ont_that_is_not_there_is_not_provisioned() -> None:
    async with cli_site("zte_c600") as site:
        found = await read(site, OntName(1, 1, 3, 1, 111))
        assert found.value(ONT_PROVISIONED) is False
        assert found[ONT_PHASE].reason is Reason.NO_READING


async def test_a_dead_command_line_gives_a_reason_for_everything() -> None:
    async with cli_site("zte_c320") as site:
        site.plant.fault("olt-unreachable")
        found = await read(site, site.snmp.layout(0).name, timeout_s=0.5)
        assert {found[metric].reason for metric in CAPABILITIES} <= {Reason.TIMEOUT, Reason.UNREACHABLE}


async def test_a_page_question_leaves_no_trace_in_a_table() -> None:
    from dataclasses import replace

    from collectors.vendors.zte_zxan.cli_ont import DIALECT

    async with cli_site("zte_c320", Habits(page_lines=6)) as site:
        command = "show gpon onu state gpon-olt_1/1/1"
        answer = await site.sessions.send(site.access, replace(DIALECT, prepare=()), command, 20)
        assert "--More--" in answer
        rows = cli_tables.states(answer, PonName(1, 1, 1, 1), AT, command)
        assert isinstance(rows, list)
        assert len(rows) == 26
