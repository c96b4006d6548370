"""Drivers against the simulated plant: two things written from the same facts, neither reading the other's tables.

What one has and the other lacks is listed here with its reason; anything else fails.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collectors import register
from collectors.columns import ColumnTable
from collectors.snmp.values import dotted
from domain.metric import Metric
from domain.metrics import olt, ont
from domain.olt import CardRow, OltTarget, OntRow, PonRow
from domain.ports import OltDriver
from domain.reading import Reading, Reason
from domain.states import Oper
from simulators.clock import SharedClock
from simulators.fault_proxy import FaultProxy, Harm
from simulators.plant.description import load
from simulators.plant.plant import Plant
from simulators.run import DEMO_PLANT
from simulators.snmp.agent import SnmpAgent
from tests.collectors.conformance.suite import target_of

PLANTS = ("demo", "huawei", "zte_c320", "zte_c600", "fiberhome")
_TENTHS = frozenset({"nokia_isam"})  # OLT rx in steps of 0.1 dB

MOVING = frozenset({"olt.uptime_s", "ont.bytes_up", "ont.bytes_down", "ont.packets_up", "ont.packets_down"})
MOVING |= {"pon.bytes_up", "pon.bytes_down", "ont.bip_up", "ont.bip_down", "ont.fec_corrected"}
"""What moves between two reads of a plant whose clock runs."""

ONLY_DRIVER = {
    "1.3.6.1.2.1.2.2.1.9": "ifLastChange: recorded on ZTE, not simulated there",
    "1.3.6.1.4.1.2011.6.128.1.1.4.27.1.12": "BER exponent: of the MIB only",
    "1.3.6.1.4.1.3902.1012": "the older tree: a C600 has none of it",
    "1.3.6.1.4.1.3902.1015": "the oldest tree: builds before both simulated ones",
    "1.3.6.1.4.1.5875.800.3.9.2.1.1.4": "software of a board: of the MIB only",
}
"""Prefix of columns that a driver reads and a window lacks, and why."""


@dataclass
class Window:
    plant: Plant
    target: OltTarget
    driver: OltDriver

    @asynccontextmanager
    async def through(self, harm: Harm) -> AsyncIterator[OltTarget]:
        """The same OLT behind a poor network."""
        async with FaultProxy(("127.0.0.1", self.target.port), requests=harm, replies=harm) as proxy:
            yield replace(self.target, port=proxy.port)


@asynccontextmanager
async def window(name: str, folder: Path) -> AsyncIterator[Window]:
    description = load(DEMO_PLANT.with_name(f"{name}.yaml"))
    with SharedClock.create(folder / "clock", description.clock.origin) as clock:
        plant = Plant(description, clock)
        async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
            driver = register.driver(description.olt.vendor, clock)
            try:
                yield Window(plant, target_of(description.olt.vendor, agent.port), driver)
            finally:
                await driver.close()


@pytest.mark.parametrize("name", PLANTS)
async def test_a_driver_sees_the_plant_that_the_window_shows(name: str, tmp_path: Path) -> None:
    async with window(name, tmp_path) as site:
        walk = await site.driver.walk(site.target, 60)
        state = site.plant.state

    step = 0.051 if site.target.vendor in _TENTHS else 0.006
    assert walk.gaps == ()
    assert [row.name for row in walk.pon_ports] == sorted(state.pons)
    assert [row.name for row in walk.onts] == sorted(n for n, o in state.onts.items() if o.provisioned)
    for row in walk.onts:
        told = state.onts[row.name]
        assert row.readings.value(ont.ONT_OPER) is (Oper.UP if told.oper_up else Oper.DOWN), row.name
        levels = {ont.ONT_RX_DBM: told.rx_dbm, ont.ONT_TX_DBM: told.tx_dbm, ont.OLT_RX_DBM: told.olt_rx_dbm}
        for metric, level in levels.items():
            if told.oper_up and level is not None:
                assert row.readings.value(metric) == pytest.approx(level, abs=step), (row.name, metric)
            else:
                assert row.readings[metric].reason in {Reason.OFFLINE, Reason.NO_READING}, (row.name, metric)


@pytest.mark.parametrize("name", PLANTS)
async def test_a_live_read_of_a_simulated_ont_agrees_with_the_plant(name: str, tmp_path: Path) -> None:
    async with window(name, tmp_path) as site:
        place = next(n for n, o in site.plant.state.onts.items() if o.provisioned and o.oper_up)
        told = site.plant.state.onts[place]
        read = (await site.driver.read_ont(site.target, place, 20)).readings
        port = site.plant.state.pons[place.pon_name]

    assert read.value(ont.ONT_SERIAL) == told.serial
    assert read.value(ont.ONT_DISTANCE_M) == pytest.approx(told.distance_m, abs=50)
    active = read.value(ont.ONT_FIRMWARE_ACTIVE)
    assert active is not None
    assert active.octets.rstrip(b"\0") == told.firmware_active.rstrip(b"\0")
    assert read.value(olt.PON_TX_DBM) == pytest.approx(port.tx_dbm, abs=0.06)
    assert read.value(olt.CARD_OPER) is Oper.UP


@pytest.mark.parametrize("name", PLANTS)
async def test_columns_that_a_window_lacks_are_justified(name: str, tmp_path: Path) -> None:
    async with window(name, tmp_path) as site:
        folder = Path(str(register.drivers()[site.target.vendor].__file__)).parent  # type: ignore[attr-defined]  # a vendor is a module
        table = ColumnTable.load((folder / "columns.yaml").read_text("utf-8"))
        walk = await site.driver.walk(site.target, 60)
        names = [row.name for row in walk.onts if row.readings.value(ont.ONT_OPER) is Oper.UP]
        read = (await site.driver.read_ont(site.target, names[0], 20)).readings

    every: list[OntRow | PonRow | CardRow] = [*walk.onts, *walk.pon_ports, *walk.cards]
    given = {metric for row in every for metric in row.readings if _asked(row.readings[metric].reason)}
    given |= {metric for metric in read if _asked(read[metric].reason)} | set(walk.readings)
    lacking = {dotted(c.oid) for c in table.columns if c.target not in given and c.index.partition(".")[0] != "new"}
    unjustified = {oid for oid in lacking if not any(oid.startswith(prefix) for prefix in ONLY_DRIVER)}
    assert unjustified == set()


def _asked(reason: Reason | None) -> bool:
    return reason is not Reason.NOT_SUPPORTED


HARMS = {
    "loss, duplicates, jitter": Harm(loss=0.05, duplicates=0.01, jitter_s=0.02),
    "duplicates and disorder": Harm(duplicates=0.3, reordered=0.3, reorder_s=0.01),
    "truncation": Harm(truncated=0.1),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS.keys())
@pytest.mark.parametrize("name", PLANTS)
async def test_whatever_the_network_does_a_driver_reads_no_wrong_value(name: str, harm: Harm, tmp_path: Path) -> None:
    async with window(name, tmp_path) as site, site.through(harm) as poor:
        plain = await site.driver.walk(site.target, 60)
        walk = await site.driver.walk(poor, 6)
        place = next(row.name for row in plain.onts if row.readings.value(ont.ONT_OPER) is Oper.UP)
        good, read = [(await site.driver.read_ont(target, place, 6)).readings for target in (site.target, poor)]

    cut = {gap.table for gap in walk.gaps}
    there: list[OntRow | PonRow] = [*plain.onts, *plain.pon_ports]
    heard: list[OntRow | PonRow] = [*walk.onts, *walk.pon_ports]
    rows = {row.name: row.readings for row in there}
    for row in heard:
        for metric in row.readings:
            _true_or_told(metric, row.readings[metric], rows[row.name][metric], cut)
    assert walk.gaps or {row.name for row in walk.onts} == {row.name for row in plain.onts}
    for metric in read:
        _true_or_told(metric, read[metric], good[metric], None)


def _true_or_told(metric: Metric[Any], heard: Reading[Any], true: Reading[Any], cut: set[str] | None) -> None:
    """What was heard is what is there; what was not says why, and is of a table that is said to be cut."""
    if heard.known:
        same = heard.value == true.value or heard.value.__class__ is datetime or metric.key in MOVING
        assert same, metric
    elif heard.reason in {Reason.TIMEOUT, Reason.ERROR, Reason.MALFORMED}:
        assert cut is None or cut or heard.reason is true.reason, metric
    else:
        assert heard.reason is true.reason or cut is None or cut, metric
