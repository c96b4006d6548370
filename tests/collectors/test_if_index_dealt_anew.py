"""A ZTE whose IF-MIB deals its numbers anew at each start: ONTs were told under other ports, ports by older names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from collectors.cycle.columns import ColumnCycle
from collectors.snmp.column_reader import ColumnReader
from collectors.vendors.zte_zxan.index import ZxanLayout, layout_of
from domain.identifiers import OntName, PonName
from domain.metrics.olt import PON_OPER
from domain.metrics.ont import ONT_OPER, ONT_SERIAL
from domain.states import Oper
from domain.telemetry import encode
from simulators.snmp.agent import SnmpAgent
from tests.collectors.conformance.suite import open_driver, target_of
from tests.collectors.cycle_kit import sample
from tests.simulators.vendor_site import running


@pytest.mark.parametrize("plant", ["zte_c320", "zte_c600"])
async def test_each_ont_and_port_keeps_its_place_over_starts_of_the_olt(plant: str) -> None:
    park, clock = running(plant)
    park.state.olt.quirks = replace(park.state.olt.quirks, shuffles_if_index=True)
    dark = next(iter(park.state.pons))
    clock.advance(seconds=1)
    park.apply("feeder-cut", str(dark))
    reader = ColumnReader()
    onts = [next(name for name in park.state.onts if name.pon_name == pon) for pon in park.state.pons]
    async with SnmpAgent(park, "127.0.0.1", 0, "public") as agent, open_driver("zte_zxan") as driver:
        target, cycles = target_of("zte_zxan", agent.port), ColumnCycle(reader, clock)
        for _ in range(4):  # no walk in between: live reads and cycles find out by themselves
            for name in onts:
                read = (await driver.read_ont(target, name, 5)).readings
                assert read.value(ONT_SERIAL) == park.state.onts[name].serial
                assert (read.value(PON_OPER) is Oper.UP) is (name.pon_name != dark)
            near = await driver.read_pon(target, onts[0], 5)
            assert {row.name for row in near.pon_ports if row.readings.value(PON_OPER) is Oper.DOWN} == {dark}
            cycle = await cycles.read(target, 20)
            for batch in (batch for batch in cycle.batches if PON_OPER in batch.values):
                down = {pon for pon in park.state.pons if sample(batch, pon, PON_OPER) == encode(PON_OPER, Oper.DOWN)}
                assert down == {dark}
            for name in onts:
                found = next(batch for batch in cycle.batches if ONT_OPER in batch.values)
                up = park.state.onts[name].oper_up
                assert sample(found, name, ONT_OPER) == encode(ONT_OPER, Oper.UP if up else Oper.DOWN)
            clock.advance(hours=1)
            park.state.olt.booted_at = clock.now() - timedelta(seconds=61)
        walk = await driver.walk(target, 20)
    await reader.close()
    assert {row.name: row.readings.value(ONT_SERIAL) for row in walk.onts} == {
        name: ont.serial for name, ont in park.state.onts.items()
    }


def named(*pairs: tuple[int, str]) -> ZxanLayout:
    return layout_of([(number, text.encode()) for number, text in pairs], [])


def test_numbers_that_follow_the_form_whatever_they_count_from_are_those_of_the_tree() -> None:
    ont = OntName(1, 1, 2, 1, 4)
    usual = named((0x11010201, "gpon_1/2/1"), (0x11010202, "gpon_1/2/2"))
    from_zero = named((0x11010100, "gpon_1/2/1"), (0x11010101, "gpon_1/2/2"))
    assert usual.row("ont.b", ont) == (0x11010201, 4)
    assert from_zero.row("ont.b", ont) == (0x11010100, 4)
    assert from_zero.ont("ont.b", (0x11010101, 4)) == OntName(1, 1, 2, 2, 4)


def test_numbers_that_were_dealt_are_only_those_of_the_interfaces() -> None:
    dealt = named((0x11010202, "gpon_1/2/1"), (0x11010203, "gpon_1/2/2"), (0x11010201, "gpon_1/2/3"))
    assert dealt.row("ont.b", OntName(1, 1, 2, 1, 4)) == (0x11010201, 4)
    assert dealt.ont("ont.b", (0x11010202, 4)) == OntName(1, 1, 2, 2, 4)
    assert dealt.pon("pon.if", (0x11010202,)) == PonName(1, 1, 2, 1)
    combined = named((0x51010201, "gpon_olt-1/2/1"), (0x11010202, "gpon_olt-1/2/3"), (0x11010203, "gpon_olt-1/2/2"))
    assert combined.ont("ont.b", (0x51010201, 4)) == OntName(1, 1, 2, 1, 4)
