"""The demonstration plant through its SNMP agent, healthy and with each fault that the OLT can see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import simulators.plant
from simulators.plant.description import load
from simulators.plant.plant import Plant
from simulators.snmp.agent import SnmpAgent
from simulators.snmp.isam_index import ont_index, pon_index
from tests.simulators.snmp_client import Client, encode, plain
from tests.simulators.snmp_plant import GOLDEN, GOLDEN_PON, SmallClock

DEMO = Path(simulators.plant.__file__).parents[1] / "plants" / "demo.yaml"
NK = "1.3.6.1.4.1.637.61.1"
IF_OPER = "1.3.6.1.2.1.2.2.1.8"
IF_CHANGE = "1.3.6.1.2.1.2.2.1.9"
ONT, PON, UNI, BOARD = 231285760, 229179392, 201925664, 4359
UNI_SLOT = 2 << 28 | 1 << 22 | 1 << 16
NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)

OIDS = {
    "board": f"{NK}.23.3.1.6.{BOARD}",
    "pon": f"{IF_OPER}.{PON}",
    "ont": f"{IF_OPER}.{ONT}",
    "uni": f"{IF_OPER}.{UNI}",
    "alarms": f"{NK}.35.10.4.1.2.{ONT}",
    "ont_rx": f"{NK}.35.10.14.1.2.{ONT}",
    "olt_rx": f"{NK}.35.10.18.1.2.{ONT}",
    "olt_tx": f"{NK}.35.11.9.1.2.{PON}",
    "rate": f"{NK}.35.13.6.1.3.{ONT}.{UNI_SLOT}",
}
HEALTHY = {
    "board": 1,
    "pon": 1,
    "ont": 1,
    "uni": 1,
    "alarms": 0,
    "ont_rx": -9680,
    "olt_rx": -207,
    "olt_tx": 34,
    "rate": 3,
}
LOS, INACTIVE, DYING_GASP = 1, 1 << 14, 1 << 17
DARK = {"ont": 2, "uni": 2, "ont_rx": 32768, "olt_rx": 65534, "rate": 0}


class Seen:
    """The plant and what its agent says of the golden ONT."""

    def __init__(self, plant: Plant, client: Client, agent: SnmpAgent) -> None:
        self.plant, self.client, self.agent = plant, client, agent

    async def golden(self) -> dict[str, Any]:
        answer = await self.client.get(*OIDS.values())
        return dict(zip(OIDS, (plain(value) for _, value in answer.varbinds), strict=True))

    async def down(self, column: str = IF_OPER) -> set[int]:
        return {int(oid.rpartition(".")[2]) for oid, value in await self.client.walk(column) if int(value) == 2}


@asynccontextmanager
async def demo() -> AsyncIterator[Seen]:
    clock = SmallClock()
    clock.instant = NOW
    plant = Plant(load(DEMO), clock)
    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        with Client(agent.port) as client:
            yield Seen(plant, client, agent)


async def test_the_golden_ont_of_the_demonstration_plant_reads_as_the_screen_shows_it() -> None:
    async with demo() as seen:
        assert await seen.golden() == HEALTHY
        serial, version, change, uptime = (
            await seen.client.get(
                f"{NK}.35.10.1.1.5.{ONT}",
                f"{NK}.35.10.1.1.9.{ONT}",
                f"{IF_CHANGE}.{ONT}",
                "1.3.6.1.2.1.1.3.0",
            )
        ).varbinds
    assert plain(serial[1]) == bytes.fromhex("485754430172629D")
    assert plain(version[1]) == bytes.fromhex("4857544341333136313031313500")
    changed = NOW - timedelta(milliseconds=10 * (plain(uptime[1]) - plain(change[1])))
    assert changed == datetime(2019, 4, 29, 14, 34, 56, tzinfo=UTC)


async def test_every_ont_of_the_demonstration_plant_is_walked() -> None:
    async with demo() as seen:
        rows = await seen.client.walk(f"{NK}.35.10.1.1.5")
        plant = seen.plant
    wanted = {ont_index(name): ont.serial.octets for name, ont in plant.state.onts.items()}
    assert {int(oid.rpartition(".")[2]): plain(value) for oid, value in rows} == wanted
    assert len(wanted) > 500


async def test_a_drop_cut_darkens_one_ont_and_nothing_else() -> None:
    async with demo() as seen:
        before = await seen.down()
        seen.plant.fault("drop-cut", str(GOLDEN))
        assert await seen.golden() == HEALTHY | DARK | {"alarms": LOS | INACTIVE}
        assert await seen.down() - before == {ONT, UNI}


async def test_a_power_cut_leaves_a_dying_gasp() -> None:
    async with demo() as seen:
        seen.plant.fault("ont-power-off", str(GOLDEN))
        assert await seen.golden() == HEALTHY | DARK | {"alarms": LOS | INACTIVE | DYING_GASP}


async def test_a_feeder_cut_takes_the_port_down_with_its_laser_still_on() -> None:
    async with demo() as seen:
        seen.plant.fault("feeder-cut", str(GOLDEN_PON))
        assert await seen.golden() == HEALTHY | DARK | {"pon": 2, "alarms": LOS | INACTIVE}


async def test_a_laser_off_reads_its_sentinel() -> None:
    async with demo() as seen:
        seen.plant.fault("pon-laser-off", str(GOLDEN_PON))
        assert await seen.golden() == HEALTHY | DARK | {"pon": 2, "alarms": LOS | INACTIVE, "olt_tx": 65534}


async def test_a_card_that_is_down_takes_all_its_ports_down_and_no_other() -> None:
    async with demo() as seen:
        target = next(name for name in seen.plant.targets("card-down") if "5" in name)
        seen.plant.fault("card-down", target)
        golden = await seen.golden()
        down = await seen.down()
        ports = {pon_index(name) for name in seen.plant.state.pons if name.slot == 5}
        others = {pon_index(name) for name in seen.plant.state.pons if name.slot != 5}
        boards = await seen.down(f"{NK}.23.3.1.6")
    assert golden | {"alarms": 0} == HEALTHY | DARK | {"board": 2, "pon": 2, "olt_tx": 65534}
    assert ports <= down
    assert not others & down
    assert BOARD in boards
    assert 4360 not in boards


async def test_an_unplugged_box_only_takes_the_ethernet_link_down() -> None:
    async with demo() as seen:
        seen.plant.fault("uni-unplugged", str(GOLDEN))
        assert await seen.golden() == HEALTHY | {"uni": 2, "rate": 0}


async def test_an_unreachable_olt_is_silent_until_it_is_repaired() -> None:
    async with demo() as seen:
        fault = seen.plant.fault("olt-unreachable")
        assert await seen.client.exchange(encode("GetRequestPDU", [OIDS["ont"]]), timeout_s=0.1) is None
        seen.plant.repair(fault.id)
        assert await seen.golden() == HEALTHY
        assert seen.agent.stats.unanswered == 1
