"""An ISAM whose SNMP is mute is listed by its command line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.vendors.nokia_isam.cli_list import command, listed
from domain.identifiers import PonName
from domain.metrics import ont as m
from domain.metrics.olt import OLT_REACHABLE
from domain.reading import Reason, Via
from domain.states import Oper
from tests.collectors.olt_kit import GOLDEN, site, tiny_agent

AT = datetime(2026, 5, 1, tzinfo=UTC)
ROW = '<instance><res-id name="ont">{}</res-id><info name="oper-status">up</info></instance>'


def document(*names: str) -> str:
    return '<?xml version="1.0"?>\n<runtime-data>' + "".join(ROW.format(name) for name in names) + "</runtime-data>"


async def test_the_onts_of_a_port_and_of_the_olt_are_listed_where_snmp_is_mute(tmp_path: Path) -> None:
    async with site(tmp_path, cli=True) as olt, tiny_agent(lambda _: []) as mute:
        olt.plant.apply("ont-power-off", str(GOLDEN))
        target = replace(olt.target, port=mute.port)
        port = await olt.driver.read_pon(target, GOLDEN, 6)
        whole = await olt.driver.walk(target, 8)
        state = olt.plant.state.onts
    names = sorted(name for name, ont in state.items() if ont.provisioned)
    assert [row.name for row in whole.onts] == names
    assert [row.name for row in port.onts] == [name for name in names if name.pon_name == GOLDEN.pon_name]
    for row in whole.onts:
        assert row.readings.value(m.ONT_OPER) is (Oper.UP if state[row.name].oper_up else Oper.DOWN)
        assert row.readings.value(m.ONT_SERIAL) == state[row.name].serial
        assert row.readings[m.ONT_OPER].source.via is Via.CLI
    assert whole.readings.value(OLT_REACHABLE) is True
    assert {gap.table for gap in whole.gaps} == {"olt"}


async def test_where_nothing_answers_nothing_is_empty(tmp_path: Path) -> None:
    async with site(tmp_path, cli=True) as olt:
        olt.plant.apply("olt-unreachable", "")
        walk = await olt.driver.read_pon(olt.target, GOLDEN, 2)
    assert walk.onts == ()
    assert {gap.table: gap.reason for gap in walk.gaps}["ont"] in {Reason.TIMEOUT, Reason.UNREACHABLE}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("Error : instance does not exist", Reason.ERROR), ("half of a ta", Reason.MALFORMED), ("", Reason.MALFORMED)],
)
def test_what_is_no_list_says_why(answer: str, reason: Reason) -> None:
    assert listed(answer, AT, command()) is reason


def test_an_ont_that_stands_twice_is_not_believed_and_strange_names_are_left_out() -> None:
    assert listed(document("1/1/5/10/19", "1/1/5/10/19"), AT, command()) is Reason.MALFORMED
    rows = listed(document("1/1/5/10/19", "9/9/9/9/9", "x", "1/1/5/11/1"), AT, command(), PonName(1, 1, 5, 10))
    assert not isinstance(rows, Reason)
    assert [row.name for row in rows] == [GOLDEN]
