from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from collectors.cli.sheet import Sheet
from collectors.vendors.huawei_smartax import cli_parse
from collectors.vendors.huawei_smartax.cli_ont import CAPABILITIES, DIALECT, HuaweiCli
from domain.identifiers import OntName, SerialNumber
from domain.metric import Readings
from domain.metrics.ont import (
    OLT_RX_DBM,
    ONT_ADMIN,
    ONT_BIAS_MA,
    ONT_DISTANCE_M,
    ONT_DOWN_CAUSE,
    ONT_FIRMWARE_ACTIVE,
    ONT_LAST_DOWN,
    ONT_LAST_DYING_GASP,
    ONT_LAST_UP,
    ONT_OPER,
    ONT_PROVISIONED,
    ONT_RX_DBM,
    ONT_SERIAL,
    ONT_TEMPERATURE_C,
    ONT_TX_DBM,
    ONT_VOLTAGE_V,
    UNI_NEGOTIATION,
    UNI_OPER,
    UNI_RATE,
)
from domain.reading import Reason
from domain.states import Admin, DownCause, EthernetRate, Negotiation, Oper
from simulators.cli_ssh import Habits
from tests.collectors.cli_site import CliSite, cli_site
from tests.shared import shared_dir

AT = datetime(2019, 5, 9, 8, 0, tzinfo=UTC)
ONT = OntName(0, 0, 1, 0, 14)
HX = "1.3.6.1.4.1.2011.6.128.1.1"


def captured(name: str) -> str:
    path = shared_dir() / "cli/huawei_smartax" / name
    return path.read_text()


def sheet() -> Sheet:
    return Sheet(AT, "display")


async def read(site: CliSite, name: OntName, timeout_s: float = 20) -> Readings:
    return await HuaweiCli(site.sessions, site.clock).read_ont(site.access, name, timeout_s)


def test_the_captured_optics_of_a_session_are_read_with_its_questions() -> None:
    paper = sheet()
    cli_parse.optics(captured("ma5800_session_display_ont_optical-info.txt"), paper)
    values = paper.readings
    wanted = {ONT_RX_DBM: -18.18, ONT_TX_DBM: 2.27, OLT_RX_DBM: -22.22, ONT_BIAS_MA: 16, ONT_TEMPERATURE_C: 58}
    assert {metric: values.value(metric) for metric in wanted} == wanted
    assert values.value(ONT_VOLTAGE_V) == 3.36


def test_the_captured_ont_with_a_loid_is_read() -> None:
    paper = sheet()
    cli_parse.info(captured("loid_display_ont_info.txt"), ONT, paper)
    values, zone = paper.readings, timezone(timedelta(hours=8))
    assert values.value(ONT_OPER) is Oper.UP
    assert values.value(ONT_ADMIN) is Admin.UNLOCKED
    assert values.value(ONT_DISTANCE_M) == 1090
    assert values.value(ONT_SERIAL) == SerialNumber.parse("FHTT2161E190")
    assert values.value(ONT_DOWN_CAUSE) is DownCause.DYING_GASP
    assert values.value(ONT_LAST_UP) == datetime(2018, 8, 5, 16, 51, 8, tzinfo=zone)
    assert values.value(ONT_LAST_DOWN) == datetime(2018, 8, 5, 16, 28, 34, tzinfo=zone)


def test_the_captured_refusal_of_an_ont_off_line_is_offline() -> None:
    paper = sheet()
    cli_parse.optics(captured("display_ont_optical-info.offline.txt"), paper)
    assert {reading.reason for reading in paper.readings.values.values()} == {Reason.OFFLINE}
    assert ONT_RX_DBM in paper.readings


def test_an_answer_about_another_ont_is_not_believed() -> None:
    paper = sheet()
    cli_parse.info(captured("loid_display_ont_info.txt"), OntName(0, 0, 1, 0, 15), paper)
    assert paper.readings[ONT_OPER].reason is Reason.MALFORMED


@pytest.mark.parametrize("date", ["2019-02-15 07:49:01+08:00", "14/02/2019 23:49:01+00:00"])
def test_both_ways_to_write_an_instant_are_read(date: str) -> None:
    text = (
        f"  {'-' * 40}\n  F/S/P : 0/1/0\n  ONT-ID : 14\n  Control flag : active\n  Run state : offline\n"
        f"  Last down time : {date}\n  {'-' * 40}\n"
    )
    paper = sheet()
    cli_parse.info(text, ONT, paper)
    assert paper.readings.value(ONT_LAST_DOWN) == datetime(2019, 2, 14, 23, 49, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "answer", ["", "\x00\xff\x1b[", "% Unknown command", "Failure: busy", "-" * 5000, "  ! FAULT x"]
)
def test_garbage_gives_reasons_and_no_value(answer: str) -> None:
    paper = sheet()
    cli_parse.info(answer, ONT, paper)
    cli_parse.optics(answer, paper)
    cli_parse.version(answer, paper)
    cli_parse.ports(answer, ONT, paper)
    readings = paper.readings
    assert all(metric in readings for metric in CAPABILITIES)
    assert not any(reading.known for reading in readings.values.values())


HABITS = [
    Habits(),
    Habits(page_lines=5),
    Habits(alarms=True),
    Habits(page_lines=7, alarms=True),
]


@pytest.mark.parametrize("habits", HABITS, ids=["plain", "paged", "alarmed", "paged_alarmed"])
async def test_an_ont_reads_the_same_through_snmp(habits: Habits) -> None:
    async with cli_site("huawei", habits) as site:
        name = site.snmp.layout(4).name
        found = await read(site, name)
        index = f"{0xFA000000 + 0x2000}.{name.ont}"
        rx, olt_rx, tx, temperature, bias, volts = [
            await site.snmp.one(f"{HX}.2.51.1.{column}.{index}") for column in (4, 6, 3, 1, 2, 5)
        ]
        assert found.value(ONT_RX_DBM) == pytest.approx(rx / 100)
        assert found.value(OLT_RX_DBM) == pytest.approx((olt_rx - 10000) / 100)
        assert found.value(ONT_TX_DBM) == pytest.approx(tx / 100)
        assert (found.value(ONT_TEMPERATURE_C), found.value(ONT_BIAS_MA)) == (temperature, bias)
        assert found.value(ONT_VOLTAGE_V) == pytest.approx(volts / 1000)
        assert found.value(ONT_DISTANCE_M) == await site.snmp.one(f"{HX}.2.46.1.20.{index}")
        assert found.value(ONT_SERIAL) == SerialNumber.from_octets(await site.snmp.one(f"{HX}.2.43.1.3.{index}"))
        firmware = found.value(ONT_FIRMWARE_ACTIVE)
        assert firmware is not None
        assert firmware.octets == await site.snmp.one(f"{HX}.2.45.1.5.{index}")
        assert (found.value(ONT_OPER), await site.snmp.one(f"{HX}.2.46.1.15.{index}")) == (Oper.UP, 1)
        assert found.value(UNI_OPER) is Oper.UP
        assert found.value(UNI_RATE) is EthernetRate.GIGABIT
        assert found.value(UNI_NEGOTIATION) is Negotiation.AUTO


async def test_an_ont_without_power_is_told_with_its_cause_and_lacks_its_levels() -> None:
    async with cli_site("huawei", Habits(alarms=True)) as site:
        name = site.snmp.layout(1).name
        site.clock.advance(minutes=4)
        site.plant.fault("ont-power-off", str(name))
        found = await read(site, name)
        assert found.value(ONT_OPER) is Oper.DOWN
        assert found.value(ONT_DOWN_CAUSE) is DownCause.DYING_GASP
        assert found.value(ONT_LAST_DYING_GASP) == site.clock.now()
        assert found[ONT_RX_DBM].reason is Reason.OFFLINE
        assert found[UNI_OPER].reason is Reason.OFFLINE
        assert found[ONT_DISTANCE_M].reason is Reason.NO_READING


async def test_an_ont_that_is_not_there_is_not_provisioned() -> None:
    async with cli_site("huawei") as site:
        found = await read(site, OntName(0, 0, 1, 0, 101))
        assert found.value(ONT_PROVISIONED) is False
        assert found[ONT_OPER].reason is Reason.NO_READING
        away = await read(site, OntName(0, 0, 14, 0, 1))  # no such board: the session is where it was all the same
        assert away[ONT_RX_DBM].reason is not None
        assert (await read(site, site.snmp.layout(0).name)).value(ONT_OPER) is Oper.UP


async def test_the_onts_of_a_port_are_listed_whatever_stands_in_between() -> None:
    async with cli_site("huawei", Habits(page_lines=9, alarms=True)) as site:
        first = site.snmp.layout(0)
        site.plant.fault("pbo-cut", first.pbo)
        rows = await HuaweiCli(site.sessions, site.clock).read_pon(site.access, first.name.pon_name, 20)
        assert isinstance(rows, list)
        installed = {name for name in site.plant.layout.onts if name.pon_name == first.name.pon_name}
        assert {row.name for row in rows} == installed
        down = {row.name for row in rows if row.readings.value(ONT_OPER) is Oper.DOWN}
        assert down == set(site.plant.layout.pbos[first.pbo])


async def test_a_session_that_was_cut_is_opened_again() -> None:
    async with cli_site("huawei") as site:
        name = site.snmp.layout(0).name
        await read(site, name)
        fault = site.plant.fault("olt-unreachable")
        site.plant.repair(fault.id)
        assert (await read(site, name)).value(ONT_OPER) is Oper.UP


async def test_a_dead_command_line_gives_a_reason_for_everything() -> None:
    async with cli_site("huawei") as site:
        site.plant.fault("olt-unreachable")
        found = await read(site, site.snmp.layout(0).name, timeout_s=0.5)
        assert {found[metric].reason for metric in CAPABILITIES} <= {Reason.TIMEOUT, Reason.UNREACHABLE}


async def test_a_question_is_answered_where_the_olt_does_not_obey() -> None:
    from dataclasses import replace

    stubborn = replace(DIALECT, prepare=("enable",))  # smart, and paged
    async with cli_site("huawei", Habits(page_lines=6)) as site:
        name = site.snmp.layout(0).name
        answer = await site.sessions.send(site.access, stubborn, f"display ont info 0 1 0 {name.ont}", 20)
        paper = sheet()
        cli_parse.info(answer, name, paper)
        assert "More" in answer
        assert "{ <cr>" in answer
        assert paper.readings.value(ONT_SERIAL) == site.snmp.layout(0).serial
