"""Every capture of a command line, and the same with what sessions add: ends of line, pages, prompts, alarms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.cli.sheet import Sheet
from collectors.vendors.huawei_smartax import cli_parse as huawei
from collectors.vendors.nokia_isam import cli_show as nokia
from collectors.vendors.zte_zxan import cli_parse as zte
from collectors.vendors.zte_zxan import cli_tables as zte_tables
from domain.identifiers import OntName, PonName
from domain.metric import Readings
from domain.reading import Reason
from tests.shared import shared_dir

AT = datetime(2019, 5, 9, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Capture:
    """A file, how it is read, and what a person reads in it; a reason stands for every value that is not there."""

    path: str
    read: Callable[[str, Sheet], None]
    values: dict[str, str]
    page: str = ""
    alarm: str = ""


HUAWEI = {
    "page": "---- More ( Press 'Q' to break ) ----\x1b[37D" + " " * 37 + "\x1b[37D",
    "alarm": "  ! FAULT MAJOR 2019-05-09 08:00:00+00:00 ALARM NAME :x\n  Run state : offline\n"
    "  Rx optical power(dBm) : -39.99\n  --- END\n",
}
ZTE = {
    "page": " --More--" + "\b" * 9 + " " * 9,
    "alarm": "08:00:00 %05/09/2019 :Alarm 18007 , gpon-onu_1/9/9:99 Phase state: DyingGasp occurred\n",
}
CAPTURES = [
    Capture(
        "huawei_smartax/ma5800_session_display_ont_optical-info.txt",
        huawei.optics,
        {
            "ont.rx_power_dbm": "-18.18",
            "ont.tx_power_dbm": "2.27",
            "ont.olt_rx_power_dbm": "-22.22",
            "ont.bias_ma": "16.0",
            "ont.temperature_c": "58.0",
            "ont.voltage_v": "3.36",
        },
        **HUAWEI,
    ),
    Capture(
        "huawei_smartax/loid_display_ont_info.txt",
        lambda text, sheet: huawei.info(text, OntName(0, 0, 1, 0, 14), sheet),
        {
            "ont.provisioned": "True",
            "ont.admin": "unlocked",
            "ont.oper": "up",
            "ont.config_state": "normal",
            "ont.match_state": "match",
            "ont.distance_m": "1090.0",
            "ont.serial": "FHTT2161E190",
            "ont.loid": "5570111433",
            "ont.description": "no_reading",
            "ont.down_cause": "dying_gasp",
            "ont.last_up": "2018-08-05 08:51:08+00:00",
            "ont.last_down": "2018-08-05 08:28:34+00:00",
            "ont.last_dying_gasp": "2018-08-05 08:28:34+00:00",
        },
        **HUAWEI,
    ),
    Capture(
        "huawei_smartax/display_ont_optical-info.offline.txt",
        huawei.optics,
        {metric.key: "offline" for metric in huawei.OPTICS},
        page=HUAWEI["page"],
    ),
    Capture(
        "zte/c3xx_show_gpon_onu_detail-info.working.txt",
        lambda text, sheet: zte.detail(text, OntName(1, 1, 1, 1, 1), UTC, sheet),
        {
            "ont.provisioned": "True",
            "ont.name": "Client",
            "ont.equipment_id": "F609",
            "ont.admin": "unlocked",
            "ont.phase": "working",
            "ont.oper": "up",
            "ont.serial": "malformed",
            "ont.password": "no_reading",
            "ont.distance_m": "3703.0",
            "ont.last_up": "2022-09-05 14:04:42+00:00",
            "ont.last_down": "no_reading",
            "ont.down_cause": "no_reading",
        },
        **ZTE,
    ),
    Capture(
        "zte/c3xx_show_pon_power_attenuation.txt",
        zte.attenuation,
        {
            "ont.olt_rx_power_dbm": "-20.241",
            "ont.tx_power_dbm": "2.423",
            "pon.tx_power_dbm": "5.369",
            "ont.rx_power_dbm": "-16.676",
        },
        **ZTE,
    ),
    Capture(
        "nokia_isam/show_equipment_ont_optics.xml",
        lambda text, sheet: nokia.optics(text, OntName(1, 1, 3, 16, 2), sheet),
        {
            "ont.rx_power_dbm": "-14.686",
            "ont.tx_power_dbm": "2.03",
            "ont.olt_rx_power_dbm": "-11.9",
            "ont.temperature_c": "48.0",
            "ont.voltage_v": "3.28",
            "ont.bias_ma": "7.85",
        },
    ),
    Capture(
        "nokia_isam/show_equipment_ont_optics.xml",
        lambda text, sheet: nokia.optics(text, OntName(1, 1, 3, 1, 1), sheet),
        {metric.key: "no_reading" for metric in nokia.OPTICS},
    ),
    Capture(
        "nokia_isam/show_equipment_ont_interface_detail.txt",
        lambda text, sheet: nokia.identity(text, OntName(1, 1, 1, 16, 3), sheet),
        {
            "ont.serial": "ALCLFE12FC43",
            "ont.vendor": "ALCL",
            "ont.hardware": "3TN00384BDAA01",
            "ont.equipment_id": "00000G1426GA",
            "ont.firmware_active": "3TN00383IJMI13",
            "ont.firmware_standby": "3TN00383JJLK24",
        },
    ),
    Capture(
        "nokia_isam/show_equipment_ont_status_pon_detail.txt",
        lambda text, sheet: nokia.state(text, OntName(1, 1, 1, 1, 1), sheet),
        {
            "ont.admin": "unlocked",
            "ont.oper": "up",
            "ont.distance_m": "200.0",
            "ont.olt_rx_power_dbm": "-18.1",
            "ont.description": "gpon-ont",
        },
    ),
]
IDS = [f"{capture.path.partition('/')[2].removesuffix('.txt')}-{place}" for place, capture in enumerate(CAPTURES)]


def text_of(capture: Capture) -> str:
    path: Path = shared_dir() / "cli" / capture.path
    return path.read_text()


def told(readings: Readings) -> dict[str, str]:
    found = {}
    for metric in readings:
        reason = readings[metric].reason
        found[metric.key] = str(readings.value(metric)) if reason is None else reason.value
    return found


def read(capture: Capture, text: str) -> dict[str, str]:
    sheet = Sheet(AT, "show")
    capture.read(text, sheet)
    return told(sheet.readings)


@pytest.mark.parametrize("capture", CAPTURES, ids=IDS)
def test_a_capture_is_read_as_a_person_reads_it(capture: Capture) -> None:
    assert read(capture, text_of(capture)) == capture.values


@pytest.mark.parametrize("capture", CAPTURES, ids=IDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_a_session_adds_changes_nothing(capture: Capture, data: st.DataObject) -> None:
    lines = text_of(capture).splitlines(keepends=True)
    for addition in (capture.page, capture.alarm):
        if addition:
            lines.insert(data.draw(st.integers(0, len(lines) - 1)), addition)
    text = "".join(lines)
    if data.draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    head = data.draw(st.sampled_from(["", "\n", "show something\n", "OLT-1#show something\n\n"]))
    tail = data.draw(st.sampled_from(["", "\n", "\nOLT-1#", "\nOLT-1(config)#", "\ntyp:isadmin># "]))
    assert read(capture, f"{head}{text}{tail}") == capture.values


@pytest.mark.parametrize("capture", CAPTURES, ids=IDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_capture_cut_anywhere_gives_no_other_value(capture: Capture, data: st.DataObject) -> None:
    text = text_of(capture)
    lines = text.splitlines(keepends=True)
    found = read(capture, "".join(lines[: data.draw(st.integers(0, len(lines)))]))
    reasons = {reason.value for reason in Reason}
    assert all(value in reasons or value == capture.values[key] for key, value in found.items())


def test_the_captured_states_of_a_port_are_read_and_counted() -> None:
    text = (shared_dir() / "cli/zte/c320_show_gpon_onu_state.channel.txt").read_text()
    pon = PonName(1, 1, 2, 1)
    plain = zte_tables.states(text, pon, AT, "show")
    lines = text.splitlines(keepends=True)
    lines.insert(20, ZTE["page"])
    lines.insert(9, ZTE["alarm"])
    noisy = zte_tables.states("".join(lines).replace("\n", "\r\n"), pon, AT, "show")
    assert isinstance(plain, list)
    assert plain == noisy
    assert len(plain) == 40
