from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.vendors.zte_zxan.index import ZxanLayout, counted_from, port_name
from domain.identifiers import OntName, PonName
from domain.metric import Metric
from domain.metrics import olt, ont
from domain.olt import OltWalk
from domain.reading import Reason
from domain.states import DownCause, OntPhase, Oper
from simulators.snmp.replay import serve
from tests.collectors.conformance.suite import ROWS, open_driver, target_of

_STATES: tuple[Metric[Any], ...] = (
    ont.ONT_OPER,
    ont.ONT_PHASE,
    ont.ONT_DOWN_CAUSE,
    ont.ONT_SERIAL,
    ont.ONT_LAST_UP,
    ont.ONT_ALARMS,
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("gpon_1/2/3", (1, 1, 2, 3)),
        ("gpon-olt_1/2/1", (1, 1, 2, 1)),
        ("gpon_olt-1/3/1", (1, 1, 3, 1)),
        ("xgspon_olt-1/3/16", (1, 1, 3, 16)),
        ("gpon_2/3", (1, 1, 2, 3)),
    ],
)
def test_names_of_pon_ports(text: str, place: tuple[int, int, int, int]) -> None:
    assert port_name(text) == PonName(*place)


@pytest.mark.parametrize(
    "text", ["gei_1/4/1", "xgei_1/4/2", "Mng1", "epon_1/1/1", "gpon-onu_1/2/1:3", "", "gpon_1/2/x"]
)
def test_names_of_other_interfaces(text: str) -> None:
    assert port_name(text) is None


def test_what_the_numbers_count_from_is_told_by_the_ports_there_are() -> None:
    names = [PonName(1, 1, slot, port) for slot in (1, 2) for port in range(1, 9)]
    one = [0x10000000 | slot << 16 | port << 8 for slot in (1, 2) for port in range(1, 9)]
    zero = [0x10000000 | slot << 16 | port << 8 for slot in (0, 1) for port in range(8)]
    assert (counted_from(one, names), counted_from(zero, names), counted_from([], names)) == (1, 0, 1)


@given(
    st.integers(0, 1),
    st.sampled_from(["ont.a", "ont.b", "ont.ani_a", "ont.ani_b"]),
    st.integers(1, 20),
    st.integers(1, 16),
    st.integers(1, 128),
)
def test_names_and_rows_are_one_to_one(base: int, kind: str, slot: int, port: int, onu: int) -> None:
    layout = ZxanLayout(base=base)
    name = OntName(1, 1, slot, port, onu)
    row = layout.row(kind, name)
    assert row is not None
    assert layout.ont(kind, row) == name


@given(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)))
def test_any_number_is_a_name_or_nothing(row: tuple[int, int]) -> None:
    assert isinstance(ZxanLayout().ont("ont.b", row), OntName | None)


async def _walked(path: Path) -> OltWalk:
    async with serve(path, "127.0.0.1", 0) as replay, open_driver("zte_zxan") as driver:
        return await driver.walk(target_of("zte_zxan", replay.port), 20)


async def test_both_trees_give_the_same_onu_the_same_state() -> None:
    older, newer = await asyncio.gather(*(_walked(ROWS / f"zte_{tree}.snmprec") for tree in ("1012", "1082")))
    assert [row.name for row in older.onts] == [row.name for row in newer.onts]
    for left, right in zip(older.onts, newer.onts, strict=True):
        for metric in _STATES:
            assert left.readings[metric].value == right.readings[metric].value, (left.name, metric)
            assert left.readings[metric].reason is right.readings[metric].reason, (left.name, metric)
    phases = [row.readings.value(ont.ONT_PHASE) for row in newer.onts[:3]]
    assert phases == [OntPhase.WORKING, OntPhase.DYING_GASP, OntPhase.LOS]
    assert newer.onts[1].readings.value(ont.ONT_DOWN_CAUSE) is DownCause.POWER_OFF


async def test_where_both_trees_answer_one_is_read_and_what_it_lacks_comes_from_the_other(tmp_path: Path) -> None:
    rows = {
        line.partition("|")[0]: line
        for tree in ("1082", "1012")
        for line in (ROWS / f"zte_{tree}.snmprec").read_text().splitlines()
        if not line.startswith(("#", "1.3.6.1.2.1.")) or (tree == "1012" and not line.startswith("#"))
    }
    path = tmp_path / "both.snmprec"
    path.write_text("\n".join(rows[oid] for oid in sorted(rows, key=lambda oid: [int(arc) for arc in oid.split(".")])))
    walk = await _walked(path)
    first = walk.onts[0].readings
    assert [row.name.ont for row in walk.onts] == [1, 7, 9, 12]
    assert ".1082." in first[ont.ONT_OPER].source.locator
    assert first.value(ont.ONT_OPER) is Oper.UP
    async with serve(path, "127.0.0.1", 0) as replay, open_driver("zte_zxan") as driver:
        read = await driver.read_ont(target_of("zte_zxan", replay.port), OntName(1, 1, 2, 3, 1), 10)
    assert read.readings.value(ont.UNI_SPEED_MBPS) == 1000
    assert read.readings[ont.UNI_RATE].reason is Reason.NOT_SUPPORTED  # no column says the duplex
    assert read.readings.value(olt.PON_LASER_ON) is True
