from __future__ import annotations

from collections import Counter

import pytest

from collectors.inspection import inspect, probe
from collectors.snmp.values import Agent
from domain.clock import WallClock
from domain.identifiers import OntName, PonName
from domain.metrics import olt, ont
from domain.olt import OltWalk
from domain.reading import Reason
from domain.secret import Secret
from domain.states import Oper
from simulators.snmp.replay import serve
from tests.collectors.conformance.suite import open_driver, target_of
from tests.shared import shared_dir


async def recorded(name: str) -> OltWalk:
    async with serve(shared_dir() / "recordings" / f"{name}.snmprec", "127.0.0.1", 0) as replay:
        assert await probe(Agent("127.0.0.1", replay.port, Secret("public")), 5) == "zte_zxan"
        return await inspect(target_of("zte_zxan", replay.port), WallClock(), 30)


async def test_an_if_mib_that_counts_from_zero_does_not_move_the_onus() -> None:
    walk = await recorded("zte__zxa10_c320")
    assert [row.name for row in walk.pon_ports] == [PonName(1, 1, 1, port) for port in range(1, 9)]
    down = [row.name.pon for row in walk.pon_ports if row.readings.value(olt.PON_OPER) is Oper.DOWN]
    onus = Counter(row.name.pon for row in walk.onts)
    assert onus == {1: 5, 3: 18, 4: 39, 5: 19, 6: 9, 7: 25, 8: 10}
    assert down == [2]  # the only port without ONU: what tells that the numbers are read aright
    assert walk.gaps == ()


async def test_distances_of_125_onus_of_which_three_have_none() -> None:
    walk = await recorded("zte__zxa10_c320")
    distances = {row.name: row.readings[ont.ONT_DISTANCE_M] for row in walk.onts}
    assert len(distances) == 125
    assert distances[OntName(1, 1, 1, 1, 1)].value == 1235.0
    assert {str(name) for name, reading in distances.items() if reading.reason is Reason.NO_READING} == {
        "ONT-1-1-1-3-12",
        "ONT-1-1-1-5-16",
        "ONT-1-1-1-6-9",
    }
    assert {row.readings[ont.ONT_OPER].reason for row in walk.onts} == {Reason.NOT_SUPPORTED}


async def test_olt_rx_of_458_onus_of_which_82_are_dark() -> None:
    walk = await recorded("zte__zxa10_c320v2")
    levels = {row.name: row.readings[ont.OLT_RX_DBM] for row in walk.onts}
    assert len(levels) == 458
    assert levels[OntName(1, 1, 1, 1, 1)].value == pytest.approx(-23.419)
    dark = [name for name, reading in levels.items() if reading.reason is Reason.NO_READING]
    assert len(dark) == 82
    assert all(-45 <= reading.value <= 10 for reading in levels.values() if reading.value is not None)
    assert Counter(reading.reason for reading in levels.values()) == {None: 376, Reason.NO_READING: 82}


async def test_modules_of_pon_ports_and_not_of_uplinks() -> None:
    walk = await recorded("zte__zxa10_c320v2")
    ports = {row.name: row.readings for row in walk.pon_ports}
    assert sorted(ports) == [PonName(1, 1, slot, port) for slot in (1, 2) for port in range(1, 9)]
    first = ports[PonName(1, 1, 1, 1)]
    assert first.value(olt.PON_TX_DBM) == pytest.approx(3.78)
    assert first.value(olt.PON_BIAS_MA) == pytest.approx(17.85)
    assert first.value(olt.PON_VOLTAGE_V) == pytest.approx(3.26)
    assert first.value(olt.PON_TEMPERATURE_C) == pytest.approx(36.75)
    assert ports[PonName(1, 1, 1, 8)][olt.PON_TX_DBM].reason is Reason.NO_READING
    assert {card.slot for card in walk.cards} == {1, 2, None}


async def test_a_diagnosis_on_a_recorded_onu_says_what_it_can() -> None:
    path = shared_dir() / "recordings" / "zte__zxa10_c320v2.snmprec"
    async with serve(path, "127.0.0.1", 0) as replay, open_driver("zte_zxan") as driver:
        read = await driver.read_ont(target_of("zte_zxan", replay.port), OntName(1, 1, 1, 1, 1), 10)
    assert read.readings.value(ont.OLT_RX_DBM) == pytest.approx(-23.419)
    assert (read.readings.value(olt.PON_OPER), read.readings.value(olt.CARD_KIND)) == (Oper.UP, "FTTH")
    assert read.readings[ont.ONT_RX_DBM].reason is Reason.NOT_SUPPORTED
