"""One plant, two windows: what SNMP and the command line tell of one ONT agree, and a driver takes what there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from collectors import register
from domain.identifiers import OntName
from domain.metric import Metric
from domain.metrics import olt, ont
from domain.olt import OltTarget
from domain.ports import OltDriver, ReadOutcome
from domain.reading import Quality, Reason, Via
from domain.secret import Secret
from domain.snapshot import Outcome, SourceKind
from domain.states import Duplex, Oper
from simulators.cli_ssh import Habits
from tests.collectors.cli_site import CliSite, cli_site

PLANTS = ("huawei", "zte_c320", "zte_c600")
STEPS: dict[Metric[float], float] = {
    ont.ONT_RX_DBM: 0.0031,  # SNMP of ZTE has steps of 0.002 dB
    ont.ONT_TX_DBM: 0.0031,
    ont.OLT_RX_DBM: 0.0011,
    olt.PON_TX_DBM: 0.0011,
    ont.ONT_TEMPERATURE_C: 0.51,
    ont.ONT_VOLTAGE_V: 0.011,
    ont.ONT_BIAS_MA: 0.51,
    ont.ONT_DISTANCE_M: 1.0,
}
WORDS = frozenset({ont.ONT_DOWN_CAUSE})
"""A cause has one word a way: ZTE's tables say ``power_off`` where its command line says ``dying_gasp``."""


@dataclass
class Ways:
    site: CliSite
    driver: OltDriver
    both: OltTarget

    @property
    def snmp(self) -> OltTarget:
        return replace(self.both, cli=None)

    @property
    def cli(self) -> OltTarget:
        """A site whose SNMP answers nothing: no such port."""
        return replace(self.both, port=9)

    async def read(self, target: OltTarget, name: OntName, timeout_s: float = 20.0) -> ReadOutcome:
        return await self.driver.read_ont(target, name, timeout_s)


@asynccontextmanager
async def ways(name: str, habits: Habits | None = None) -> AsyncIterator[Ways]:
    async with cli_site(name, habits) as site:
        vendor = site.plant.description.olt.vendor
        driver = register.driver(vendor, site.clock)
        target = OltTarget("infra", "OLT", vendor, "127.0.0.1", site.snmp.agent.port, Secret("public"), site.access)
        try:
            yield Ways(site, driver, target)
        finally:
            await driver.close()


@pytest.mark.parametrize("name", PLANTS)
@pytest.mark.parametrize("habits", [Habits(), Habits(page_lines=5, alarms=True)], ids=["plain", "alarmed"])
@pytest.mark.parametrize("down", [False, True], ids=["up", "without power"])
async def test_both_ways_tell_the_same_of_an_ont(name: str, habits: Habits, *, down: bool) -> None:
    async with ways(name, habits) as here:
        place = here.site.snmp.layout(2).name
        here.site.clock.advance(minutes=5)
        if down:
            here.site.plant.fault("ont-power-off", str(place))
        snmp, cli = (await here.read(here.snmp, place)).readings, (await here.read(here.cli, place, 3)).readings

    told = {metric for metric in cli if cli[metric].source.via is Via.CLI and cli[metric].known}
    assert {ont.ONT_OPER, ont.ONT_ADMIN, ont.ONT_SERIAL, ont.ONT_PROVISIONED} <= told
    assert (ont.ONT_RX_DBM in told) is not down
    for metric in told & {metric for metric in snmp if snmp[metric].quality is Quality.LIVE}:
        if cli[metric].quality is Quality.DERIVED:
            continue
        if metric in STEPS:
            assert cli.value(metric) == pytest.approx(snmp.value(metric), abs=STEPS[metric]), metric
        elif metric not in WORDS:
            assert str(cli.value(metric)) == str(snmp.value(metric)), metric
    for metric in (ont.ONT_RX_DBM, ont.ONT_TX_DBM, ont.OLT_RX_DBM):
        assert cli[metric].known is snmp[metric].known is not down, metric


@pytest.mark.parametrize("name", PLANTS)
async def test_what_snmp_lacks_is_asked_of_the_command_line(name: str) -> None:
    async with ways(name) as here:
        place = here.site.snmp.layout(2).name
        alone, both = await here.read(here.snmp, place), await here.read(here.both, place)

    lacked: Metric[Any] = ont.ONT_VENDOR if name == "huawei" else ont.UNI_DUPLEX
    assert alone.readings[lacked].reason is Reason.NOT_SUPPORTED
    assert both.readings[lacked].source.via is Via.CLI
    assert both.readings[ont.ONT_RX_DBM].source.via is Via.SNMP
    if name != "huawei":
        assert both.readings.value(ont.UNI_DUPLEX) is Duplex.FULL
        assert both.readings.value(ont.UNI_RATE) is not None  # rate of one, duplex of the other
    assert [(s.kind, s.outcome) for s in alone.sources] == [
        (SourceKind.OLT_SNMP, Outcome.OK),
        (SourceKind.OLT_CLI, Outcome.SKIPPED),
    ]
    assert [(s.kind, s.outcome) for s in both.sources] == [
        (SourceKind.OLT_SNMP, Outcome.OK),
        (SourceKind.OLT_CLI, Outcome.OK),
    ]
    assert 1 <= both.sources[1].requests <= 2  # what SNMP told is not asked again


@pytest.mark.parametrize("name", PLANTS)
async def test_without_snmp_the_command_line_tells_all_it_can(name: str) -> None:
    async with ways(name) as here:
        place = here.site.snmp.layout(0).name
        read = await here.read(here.cli, place, 3)
        port = await here.driver.read_pon(here.cli, place, 3)
        walk = await here.driver.walk(here.cli, 8)
        there = await here.driver.walk(here.snmp, 30)

    assert read.readings.value(olt.OLT_REACHABLE) is True
    assert [s.outcome for s in read.sources] == [Outcome.FAILED, Outcome.OK]
    assert {row.name for row in port.onts} == {row.name for row in there.onts if row.name.pon_name == place.pon_name}
    assert [gap.table for gap in port.gaps] == ["pon.oper"]
    assert walk.readings.value(olt.OLT_REACHABLE) is True
    assert walk.gaps == ()
    states = {row.name: row.readings.value(ont.ONT_OPER) for row in there.onts}
    assert {row.name: row.readings.value(ont.ONT_OPER) for row in walk.onts} == states
    assert {row.name for row in walk.pon_ports} == {row.name for row in there.pon_ports}
    assert len(walk.discovered) == len(there.discovered)
    heard = [{str(row.readings.value(ont.ONT_SERIAL_SEEN)) for row in found.discovered} for found in (walk, there)]
    assert heard[0] == heard[1]
    boards = [{card.slot: card.readings.value(olt.CARD_TYPE) for card in w.cards if card.slot} for w in (walk, there)]
    assert boards[0] == {slot: kind for slot, kind in boards[1].items() if slot in boards[0]}
    assert boards[0]
    if name == "huawei":
        assert walk.readings.value(olt.OLT_UPTIME_S) == pytest.approx(there.readings.value(olt.OLT_UPTIME_S), abs=61)


@pytest.mark.parametrize("name", PLANTS)
async def test_an_ont_that_snmp_says_is_not_configured_is_not_asked_again(name: str) -> None:
    async with ways(name) as here:
        first = here.site.snmp.layout(0).name
        stranger = replace(first, ont=111)
        both, alone = await here.read(here.both, stranger), await here.read(here.cli, stranger, 3)
    assert both.readings.value(ont.ONT_PROVISIONED) is False
    assert [s.kind for s in both.sources] == [SourceKind.OLT_SNMP]
    assert alone.readings.value(ont.ONT_PROVISIONED) is False
    assert alone.readings[ont.ONT_OPER].value is None


async def test_when_neither_way_answers_everything_says_why_in_time() -> None:
    async with ways("huawei") as here:
        here.site.plant.fault("olt-unreachable")
        place = here.site.snmp.layout(0).name
        read = await here.read(here.both, place, 1.0)
        port = await here.driver.read_pon(here.both, place, 1.0)
    assert read.readings.value(olt.OLT_REACHABLE) is False
    assert read.readings[ont.ONT_OPER].reason is Reason.TIMEOUT
    assert {s.outcome for s in read.sources} == {Outcome.FAILED}
    assert (port.onts, {gap.table for gap in port.gaps}) == ((), {"pon.oper", "ont.oper"})


async def test_an_impossible_name_is_asked_nowhere() -> None:
    async with ways("huawei") as here:
        read = await here.read(here.both, OntName(9, 9, 9, 9, 9))
    assert [s.outcome for s in read.sources] == [Outcome.SKIPPED]
    assert Oper.UP not in {reading.value for reading in read.readings.values.values()}
