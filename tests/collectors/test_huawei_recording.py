from __future__ import annotations

from collections import Counter

import pytest

from collectors.inspection import as_json, inspect, probe
from collectors.snmp.values import Agent
from domain.clock import WallClock
from domain.identifiers import OntName, PonName
from domain.metrics import olt
from domain.olt import OltTarget, OltWalk
from domain.reading import Reason
from domain.secret import Secret
from simulators.snmp.replay import serve
from tests.collectors.conformance.suite import open_driver, target_of
from tests.shared import shared_dir


async def recorded() -> tuple[OltTarget, OltWalk]:
    path = shared_dir() / "recordings" / "huawei__smartax.snmprec"
    async with serve(path, "127.0.0.1", 0) as replay:
        assert await probe(Agent("127.0.0.1", replay.port, Secret("public")), 5) == "huawei_smartax"
        target = target_of("huawei_smartax", replay.port)
        return target, await inspect(target, WallClock(), 30)


async def test_the_recorded_ma5603t_has_32_ports_on_two_boards() -> None:
    target, walk = await recorded()
    names = [PonName(0, 0, slot, port) for slot in (0, 1) for port in range(16)]
    assert [row.name for row in walk.pon_ports] == names
    assert Counter(row.readings.value(olt.PON_OPER) for row in walk.pon_ports) == {"down": 31, "up": 1}
    assert walk.readings.value(olt.OLT_SOFTWARE) == "MA5603V800R018C10B085"
    assert {(c.name, c.readings.value(olt.CARD_TYPE), c.slot) for c in walk.cards} == {
        ("0/0", "H805GPFD", 0),
        ("0/1", "H805GPFD", 1),
        ("0/7", "H802SCUN", None),
        ("0/8", "H802X2CS", None),
    }
    assert (walk.onts, walk.gaps) == ((), ())
    assert {card["oper_state"] for card in as_json(target, walk)["cards"]} == {"up"}


async def test_module_diagnostics_are_in_their_units_and_2147483647_is_none() -> None:
    _, walk = await recorded()
    first = walk.pon_ports[0].readings
    assert first.value(olt.PON_TX_DBM) == pytest.approx(7.11)
    assert first.value(olt.PON_TEMPERATURE_C) == 28.0
    assert first.value(olt.PON_VOLTAGE_V) == pytest.approx(3.22)
    assert first.value(olt.PON_BIAS_MA) == 32.0
    assert {row.readings[olt.PON_RX_DBM].reason for row in walk.pon_ports} == {Reason.NO_READING}
    assert sorted(row.readings.value(olt.PON_ONTS_CONFIGURED) or 0 for row in walk.pon_ports)[-2:] == [0, 11]


async def test_a_load_of_minus_one_is_not_a_load() -> None:
    _, walk = await recorded()
    cards = {card.name: card.readings for card in walk.cards}
    assert cards["0/0"].value(olt.CARD_CPU_PERCENT) == 11.0
    assert cards["0/8"][olt.CARD_CPU_PERCENT].reason is Reason.NO_READING
    assert cards["0/8"].value(olt.CARD_TEMPERATURE_C) == 20.0


async def test_a_diagnosis_on_an_olt_without_ont_tables_reads_the_port_and_the_board() -> None:
    path = shared_dir() / "recordings" / "huawei__smartax.snmprec"
    async with serve(path, "127.0.0.1", 0) as replay, open_driver("huawei_smartax") as driver:
        read = await driver.read_ont(target_of("huawei_smartax", replay.port), OntName.parse("ONT-0-0-0-15-3"), 10)
    assert read.readings.value(olt.PON_OPER) == "up"
    assert read.readings.value(olt.CARD_KIND) == "FTTH"
