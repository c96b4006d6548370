from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.register import driver
from domain.clock import WallClock
from domain.identifiers import OntName
from domain.metric import Metric, Readings
from domain.metrics import olt, ont
from domain.olt import OltWalk, OntRow
from domain.reading import Quality, Reason, Via
from domain.snapshot import Outcome, SourceKind
from domain.states import EthernetRate, Negotiation, OntAlarm, Oper
from tests.collectors.olt_kit import GOLDEN, Site, site, target_at, tiny_agent

NEIGHBOUR = OntName.parse("ONT-1-1-5-10-18")


def row(walk: OltWalk, name: OntName) -> OntRow:
    return next(found for found in walk.onts if found.name == name)


async def test_the_golden_access_reads_as_the_screen_shows_it(tmp_path: Path) -> None:
    async with site(tmp_path, cli=True) as olt_site:
        found = await olt_site.driver.read_ont(olt_site.target, GOLDEN, 10)

    readings = found.readings
    value = readings.value
    assert (value(olt.CARD_OPER), value(olt.CARD_KIND)) == (Oper.UP, "FTTH")
    assert value(olt.PON_OPER) is value(ont.ONT_OPER) is value(ont.UNI_OPER) is Oper.UP
    assert value(ont.ONT_PROVISIONED) is True
    assert str(value(ont.ONT_SERIAL)) == "HWTC0172629D"
    assert value(ont.ONT_PASSWORD) == "0848525835"
    assert value(ont.ONT_LAST_CHANGE) == datetime(2019, 4, 29, 14, 34, 56, tzinfo=UTC)  # 16:34:56 in Paris
    active, planned = value(ont.ONT_FIRMWARE_ACTIVE), value(ont.ONT_FIRMWARE_PLANNED)
    assert active is not None
    assert active.text == "HWTCA31610115"
    assert str(planned) == "48:57:54:43:41:33:31:36:31:30:31:31:35:00"
    assert (value(ont.ONT_ERRORS_UP), value(ont.ONT_ERRORS_DOWN)) == (0, 0)
    assert (value(ont.UNI_NEGOTIATION), value(ont.UNI_RATE)) == (Negotiation.AUTO, EthernetRate.GIGABIT)
    assert [value(m) for m in (olt.PON_TX_DBM, ont.OLT_RX_DBM, ont.ONT_TX_DBM, ont.ONT_RX_DBM)] == [
        3.4,
        -20.7,
        2.28,
        -19.36,
    ]
    assert value(olt.PON_LASER_ON) is value(olt.OLT_REACHABLE) is True
    assert readings[ont.ONT_RX_DBM].quality is Quality.LIVE
    assert readings[ont.ONT_PASSWORD].source.via is Via.CLI
    assert [(s.kind, s.outcome) for s in found.sources] == [
        (SourceKind.OLT_SNMP, Outcome.OK),
        (SourceKind.OLT_CLI, Outcome.OK),
    ]
    assert found.sources[0].requests == 2
    assert set(readings) <= olt_site.driver.capabilities
    assert "0848525835" not in repr(readings)


async def test_the_whole_pon_is_read_in_one_round_trip_once_the_boards_are_known(tmp_path: Path) -> None:
    async with site(tmp_path) as olt_site:
        first = await olt_site.driver.read_pon(olt_site.target, GOLDEN, 10)
        before = olt_site.agent.stats.requests
        again = await olt_site.driver.read_pon(olt_site.target, GOLDEN, 10)
        asked = olt_site.agent.stats.requests - before

    assert len(first.onts) == len(again.onts) == 39
    assert {found.name.pon_name for found in again.onts} == {GOLDEN.pon_name}
    assert len(again.pon_ports) == 16
    assert again.gaps == ()
    assert row(again, GOLDEN).readings.value(ont.ONT_ALARMS) == ()
    assert asked == 1 + 3 + 2 * 2  # the system, three columns of the PON, two columns of two boards


async def test_an_agent_with_small_messages_gives_the_same(tmp_path: Path) -> None:
    async with site(tmp_path, max_message=484) as olt_site:
        found = await olt_site.driver.read_ont(olt_site.target, GOLDEN, 10)
        walk = await olt_site.driver.read_pon(olt_site.target, GOLDEN, 10)

    assert found.sources[0].outcome is Outcome.OK
    assert (found.readings.value(ont.ONT_RX_DBM), found.readings.value(ont.UNI_RATE)) == (-19.36, EthernetRate.GIGABIT)
    assert (len(walk.onts), len(walk.pon_ports), walk.gaps) == (39, 16, ())


async def test_a_walk_brings_every_board_port_and_ont(tmp_path: Path) -> None:
    async with site(tmp_path) as olt_site:
        walk = await olt_site.driver.walk(olt_site.target, 60)
        expected = set(olt_site.plant.state.onts)

    assert {found.name for found in walk.onts} == expected
    assert len(walk.pon_ports) == 16
    assert walk.gaps == ()
    boards = {card.slot: card.readings.value(olt.CARD_TYPE) for card in walk.cards}
    assert (boards[5], boards[6]) == ("FGLT-B", "FGLT-B")
    assert str(row(walk, GOLDEN).readings.value(ont.ONT_SERIAL)) == "HWTC0172629D"
    assert row(walk, GOLDEN).readings.value(ont.ONT_RX_DBM) == -19.36


async def struck(folder: Path, fault: str, target: str) -> tuple[Site, Readings, OltWalk]:
    async with site(folder) as olt_site:
        olt_site.plant.fault(fault, target)
        found = await olt_site.driver.read_ont(olt_site.target, GOLDEN, 10)
        walk = await olt_site.driver.read_pon(olt_site.target, GOLDEN, 10)
        return olt_site, found.readings, walk


@pytest.mark.parametrize("fault", ["drop-cut", "ont-power-off"])
async def test_an_ont_that_is_down_has_no_levels_and_says_offline(tmp_path: Path, fault: str) -> None:
    _, readings, walk = await struck(tmp_path, fault, str(GOLDEN))

    assert readings.value(ont.ONT_OPER) is Oper.DOWN
    levels = (ont.ONT_RX_DBM, ont.ONT_TX_DBM, ont.OLT_RX_DBM, ont.ONT_DISTANCE_M)
    lost: tuple[Metric[Any], ...] = (*levels, ont.UNI_OPER, ont.UNI_RATE)
    assert {readings[metric].reason for metric in lost} == {Reason.OFFLINE}
    alarms = readings.value(ont.ONT_ALARMS)
    assert alarms is not None
    assert (OntAlarm.DG in alarms) is (fault == "ont-power-off")
    assert OntAlarm.LOS in alarms
    assert str(readings.value(ont.ONT_SERIAL)) == "HWTC0172629D"
    assert readings.value(olt.PON_LASER_ON) is True
    assert row(walk, GOLDEN).readings.value(ont.ONT_OPER) is Oper.DOWN
    assert row(walk, NEIGHBOUR).readings.value(ont.ONT_OPER) is Oper.UP


async def test_a_dark_laser_is_told_from_a_cut_feeder(tmp_path: Path) -> None:
    for name in ("dark", "cut"):
        (tmp_path / name).mkdir()
    _, dark, _ = await struck(tmp_path / "dark", "pon-laser-off", str(GOLDEN.pon_name))
    _, cut, walk = await struck(tmp_path / "cut", "feeder-cut", str(GOLDEN.pon_name))

    assert (dark.value(olt.PON_LASER_ON), cut.value(olt.PON_LASER_ON)) == (False, True)
    assert dark[olt.PON_TX_DBM].reason is Reason.NO_READING
    assert cut.value(olt.PON_TX_DBM) == 3.4
    assert {found.readings.value(ont.ONT_OPER) for found in walk.onts} == {Oper.DOWN}
    assert [p.readings.value(olt.PON_OPER) for p in walk.pon_ports].count(Oper.DOWN) == 1


async def test_a_card_that_is_down_leaves_the_laser_undecided(tmp_path: Path) -> None:
    _, readings, _ = await struck(tmp_path, "card-down", "5")

    assert readings.value(olt.CARD_OPER) is Oper.DOWN
    assert readings.value(olt.CARD_KIND) == "FTTH"
    assert not readings[olt.PON_LASER_ON].known


async def test_an_unplugged_box_is_a_link_down_and_not_offline(tmp_path: Path) -> None:
    _, readings, _ = await struck(tmp_path, "uni-unplugged", str(GOLDEN))

    assert readings.value(ont.ONT_OPER) is Oper.UP
    assert (readings.value(ont.UNI_OPER), readings.value(ont.UNI_RATE)) == (Oper.DOWN, EthernetRate.NONE)


async def test_an_olt_that_does_not_answer_is_said_unreachable_within_the_deadline(tmp_path: Path) -> None:
    async with site(tmp_path, cli=True) as olt_site:
        olt_site.plant.fault("olt-unreachable")
        started = asyncio.get_running_loop().time()
        found, pon = await asyncio.gather(
            olt_site.driver.read_ont(olt_site.target, GOLDEN, 1.0),
            olt_site.driver.read_pon(olt_site.target, GOLDEN, 1.0),
        )
        elapsed_s = asyncio.get_running_loop().time() - started

    assert elapsed_s < 1.5
    assert found.readings.value(olt.OLT_REACHABLE) is False
    assert {found.readings[m].reason for m in found.readings if m is not olt.OLT_REACHABLE} == {Reason.TIMEOUT}
    assert [(s.outcome, s.reason) for s in found.sources] == [(Outcome.FAILED, Reason.TIMEOUT)] * 2
    assert pon.onts == ()
    assert {gap.reason for gap in pon.gaps} == {Reason.TIMEOUT}


async def test_half_of_the_reads_failing_keeps_the_other_half(tmp_path: Path) -> None:
    async with site(tmp_path, cli=True) as olt_site, tiny_agent(lambda _: []) as silent:
        target = target_at(silent.port, olt_site.target.cli)
        found = await olt_site.driver.read_ont(target, GOLDEN, 1.5)

    assert found.readings.value(ont.ONT_PASSWORD) == "0848525835"
    assert found.readings.value(olt.OLT_REACHABLE) is True
    assert found.readings.value(ont.ONT_OPER) is Oper.UP  # the command line shows it too
    assert found.readings[ont.ONT_RANGING].reason is Reason.TIMEOUT
    assert [s.outcome for s in found.sources] == [Outcome.FAILED, Outcome.OK]


async def test_an_ont_that_is_not_there_is_not_provisioned(tmp_path: Path) -> None:
    async with site(tmp_path) as olt_site:
        found = await olt_site.driver.read_ont(olt_site.target, OntName.parse("ONT-1-1-5-10-120"), 5)

    assert found.readings.value(ont.ONT_PROVISIONED) is False
    assert found.readings[ont.ONT_OPER].reason is Reason.NOT_SUPPORTED
    assert found.readings.value(olt.PON_OPER) is Oper.UP


async def test_a_name_that_an_isam_cannot_have_is_not_asked() -> None:
    reader = driver("nokia_isam", WallClock())
    try:
        found = await reader.read_ont(target_at(9), OntName.parse("ONT-7-1-5-10-19"), 5)
        walk = await reader.read_pon(target_at(9), OntName.parse("ONT-7-1-5-10-19"), 5)
    finally:
        await reader.close()

    assert found.sources[0].outcome is Outcome.SKIPPED
    assert found.readings[ont.ONT_OPER].reason is Reason.NOT_SUPPORTED
    assert walk.gaps[0].reason is Reason.NOT_SUPPORTED


async def test_an_olt_without_cli_that_does_not_answer_is_unreachable_too(tmp_path: Path) -> None:
    """That no CLI was declared is not an answer of the OLT."""
    async with tiny_agent(lambda _: []) as silent:
        reader = driver("nokia_isam", WallClock())
        try:
            found = await reader.read_ont(target_at(silent.port), GOLDEN, 0.3)
        finally:
            await reader.close()

    assert found.readings.value(olt.OLT_REACHABLE) is False


async def test_an_olt_that_was_asked_nothing_is_neither_reachable_nor_unreachable() -> None:
    reader = driver("nokia_isam", WallClock())
    try:
        found = await reader.read_ont(target_at(9), OntName.parse("ONT-7-1-5-10-19"), 5)
    finally:
        await reader.close()

    assert found.readings.value(olt.OLT_REACHABLE) is None
