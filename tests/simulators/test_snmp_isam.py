"""The plant through the simulated ISAM: raw values as the facts about real ones give them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.identifiers import OntName, PonName
from domain.states import EthernetRate, Negotiation, OntAlarm
from simulators.snmp.agent import SnmpAgent
from simulators.snmp.isam_index import ont_index, pon_index, uni_index
from simulators.snmp.isam_rows import build
from tests.simulators.snmp_client import Client, encode, plain
from tests.simulators.snmp_plant import BOOTED, CHANGED, FIRMWARE, GOLDEN, GOLDEN_PON, NOW, SmallPlant, ont, small_plant

NK = "1.3.6.1.4.1.637.61.1"
ONT, PON, UNI, BOARD = 231285760, 229179392, 201925664, 4359
UNI_SLOT = 2 << 28 | 1 << 22 | 1 << 16
IF = "1.3.6.1.2.1.2.2.1"


async def read(plant: SmallPlant, *oids: str) -> list[Any]:
    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        with Client(agent.port) as client:
            answer = await client.get(*oids)
    assert answer.status == 0
    return [plain(value) for _, value in answer.varbinds]


async def test_the_golden_record_reads_as_on_a_real_isam() -> None:
    wanted: dict[str, Any] = {
        f"{NK}.23.3.1.3.{BOARD}": b"FGLT-B",
        f"{NK}.23.3.1.6.{BOARD}": 1,
        f"{NK}.23.3.1.7.{BOARD}": 1,
        f"{NK}.23.3.1.8.{BOARD}": 1,
        f"{IF}.7.{PON}": 1,
        f"{IF}.8.{PON}": 1,
        f"{NK}.35.10.4.1.2.{ONT}": 0,
        f"{NK}.35.11.4.1.5.{PON}.19": 1,
        f"{NK}.35.10.1.1.5.{ONT}": bytes.fromhex("485754430172629D"),
        f"{NK}.35.10.1.1.2.{ONT}": 1,
        f"{IF}.7.{ONT}": 1,
        f"{IF}.8.{ONT}": 1,
        f"{NK}.35.10.1.1.9.{ONT}": FIRMWARE,
        f"{NK}.35.10.1.1.11.{ONT}": FIRMWARE,
        f"{NK}.35.11.4.1.3.{PON}.19": 0,
        f"{NK}.35.11.4.1.4.{PON}.19": 0,
        f"{IF}.8.{UNI}": 1,
        f"{NK}.35.13.2.1.5.{ONT}.{UNI_SLOT}": 0,
        f"{NK}.35.13.6.1.3.{ONT}.{UNI_SLOT}": 3,
        f"{NK}.35.11.9.1.2.{PON}": 34,
        f"{NK}.35.10.18.1.2.{ONT}": -207,
        f"{NK}.35.10.14.1.4.{ONT}": 1140,
        f"{NK}.35.10.14.1.2.{ONT}": -9680,
    }
    assert dict(zip(wanted, await read(small_plant(), *wanted), strict=True)) == wanted


def test_indexes_are_those_of_the_golden_ont() -> None:
    assert (ont_index(GOLDEN), pon_index(GOLDEN_PON), uni_index(GOLDEN, 1, 1)) == (ONT, PON, UNI)


def test_indexes_are_those_recorded_on_an_xgs_pon_board() -> None:
    assert pon_index(PonName.parse("PON-1-1-1-1"), xpon=True) == 94380032
    assert pon_index(PonName.parse("PON-1-1-1-2"), xpon=True) == 94445568
    assert ont_index(OntName.parse("ONT-1-1-1-1-6")) == 96471552
    assert uni_index(OntName.parse("ONT-1-1-1-1-1"), 14, 1) == 67109312
    assert uni_index(OntName.parse("ONT-1-1-1-1-1"), 15, 16) == 67109359


@pytest.mark.parametrize("name", ["ONT-1-1-0-1-1", "ONT-1-1-1-0-1", "ONT-1-1-1-33-1", "ONT-1-1-1-1-129"])
def test_a_place_beyond_the_numbering_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no ifIndex"):
        ont_index(OntName.parse(name))


async def test_the_last_change_counts_from_the_start_of_the_agent() -> None:
    plant = small_plant()
    uptime, change = await read(plant, "1.3.6.1.2.1.1.3.0", f"{IF}.9.{ONT}")
    assert NOW - timedelta(milliseconds=10 * (uptime - change)) == CHANGED
    plant.golden.changed_at = BOOTED - timedelta(days=1)
    assert await read(plant, f"{IF}.9.{ONT}") == [0]


async def test_the_uptime_follows_the_clock_of_the_plant_and_wraps_at_32_bits() -> None:
    plant = small_plant()
    plant.clock.instant = BOOTED + timedelta(seconds=12.34)
    assert await read(plant, "1.3.6.1.2.1.1.3.0") == [1234]
    plant.clock.instant = BOOTED + timedelta(milliseconds=10 * (2**32 + 5))
    assert await read(plant, "1.3.6.1.2.1.1.3.0") == [5]


async def test_an_ont_that_goes_down_keeps_its_rows_with_sentinels_at_once() -> None:
    plant = small_plant()
    oids = [
        f"{IF}.8.{ONT}",
        f"{IF}.8.{UNI}",
        f"{NK}.35.10.1.1.5.{ONT}",
        f"{NK}.35.10.4.1.2.{ONT}",
        f"{NK}.35.10.4.1.3.{ONT}",
        f"{NK}.35.10.14.1.2.{ONT}",
        f"{NK}.35.10.14.1.4.{ONT}",
        f"{NK}.35.10.18.1.2.{ONT}",
        f"{NK}.35.11.4.1.5.{PON}.19",
        f"{NK}.35.13.6.1.3.{ONT}.{UNI_SLOT}",
    ]
    serial = plant.golden.serial.octets
    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        with Client(agent.port) as client:
            before = [plain(value) for _, value in (await client.get(*oids)).varbinds]
            plant.golden.oper_up = False
            plant.golden.rx_dbm = plant.golden.tx_dbm = plant.golden.olt_rx_dbm = None
            plant.golden.alarms = frozenset({OntAlarm.LOS, OntAlarm.DG, OntAlarm.LOK})
            after = [plain(value) for _, value in (await client.get(*oids)).varbinds]
    assert before == [1, 1, serial, 0, 21, -9680, 1140, -207, 1, 3]
    assert after == [2, 2, serial, 1 | 1 << 17 | 1 << 23, 65534, 32768, 32768, 65534, 0, 0]


async def test_the_pon_row_is_down_when_the_plant_says_so_while_its_laser_still_sends() -> None:
    plant = small_plant()
    plant.state.pons[GOLDEN_PON].oper_up = False
    assert await read(plant, f"{IF}.7.{PON}", f"{IF}.8.{PON}", f"{NK}.35.11.9.1.2.{PON}") == [1, 2, 34]


async def test_a_laser_that_is_off_reads_its_sentinel_and_no_power() -> None:
    plant = small_plant()
    oids = (f"{NK}.35.11.9.1.2.{PON}", f"{NK}.56.5.1.6.{BOARD}.10", f"{NK}.56.5.1.7.{BOARD}.10")
    assert await read(plant, *oids) == [34, b"3.40 dBm", b"not-available"]
    plant.state.pons[GOLDEN_PON].laser_on = False
    assert await read(plant, *oids) == [65534, b"No Power", b"not-available"]


async def test_a_board_that_is_down_keeps_its_row_and_takes_its_ports_down() -> None:
    plant = small_plant()
    plant.state.cards[1].up = False
    values = await read(
        plant,
        *(f"{NK}.23.3.1.{column}.{BOARD}" for column in (2, 3, 5, 6, 7, 8, 19, 32)),
        f"{IF}.8.{PON}",
        f"{IF}.8.{ONT}",
        f"{IF}.8.{UNI}",
        f"{NK}.35.11.9.1.2.{PON}",
        f"{NK}.56.5.1.6.{BOARD}.10",
    )
    assert values == [b"FGLT-B", b"FGLT-B", 1, 2, 1, 3, b"AA1401FS005", 6, 2, 2, 2, 65534, b"Not Available"]


async def test_slots_of_the_shelf_read_as_recorded() -> None:
    plant = small_plant()
    plant.state.cards[2].missing = True
    plant.state.cards[1].actual_type = "FGLT-A"

    async def slot(index: int) -> list[Any]:
        return await read(plant, *(f"{NK}.23.3.1.{column}.{index}" for column in (2, 3, 6, 7, 8, 32)))

    assert await slot(4353) == [b"FANT-F", b"FANT-F", 1, 1, 1, 0]
    assert await slot(4354) == [b"NOT_PLANNED", b"EMPTY", 2, 1, 5, 255]
    assert await slot(4355) == [b"NOT_PLANNED", b"EMPTY", 2, 1, 5, 2]
    assert await slot(4359) == [b"FGLT-B", b"FGLT-A", 1, 2, 1, 6]
    assert await slot(4360) == [b"FWLT-C", b"EMPTY", 2, 3, 5, 7]
    assert await slot(4362) == [b"NOT_PLANNED", b"EMPTY", 2, 1, 5, 9]
    assert await slot(4363) == [None] * 6


async def test_negotiation_and_rate_of_the_ethernet_port_are_omci_codes() -> None:
    plant = small_plant()
    oids = (f"{NK}.35.13.2.1.5.{ONT}.{UNI_SLOT}", f"{NK}.35.13.6.1.3.{ONT}.{UNI_SLOT}", f"{IF}.8.{UNI}")
    plant.golden.uni_rate = EthernetRate.HUNDRED_HALF
    assert await read(plant, *oids) == [0, 0x12, 1]
    plant.golden.uni_negotiation = Negotiation.FORCED
    assert await read(plant, *oids) == [0x12, 0x12, 1]
    plant.golden.uni_rate = EthernetRate.TEN_GIGABIT
    assert await read(plant, *oids) == [5, 4, 1]
    plant.golden.uni_up = False
    assert await read(plant, *oids) == [5, 0, 2]
    plant.golden.uni_rate = EthernetRate.NONE
    assert await read(plant, *oids) == [3, 0, 2]


async def test_interface_rows_look_as_recorded() -> None:
    plant = small_plant()
    plant.golden.bytes_up, plant.golden.bytes_down = 2**40 + 1, 7
    xpon = pon_index(PonName.parse("PON-1-1-6-1"), xpon=True)
    x = "1.3.6.1.2.1.31.1.1.1"
    assert await read(plant, *(f"{IF}.{column}.{PON}" for column in (1, 2, 3, 5))) == [
        PON,
        b"nokia FGLT-B  PON",
        250,
        2488320000,
    ]
    assert await read(plant, f"{IF}.5.{xpon}", f"{x}.1.{xpon}", f"{x}.14.{xpon}") == [4294967295, b" X-PON", 1]
    assert await read(plant, *(f"{IF}.{column}.{ONT}" for column in (2, 3, 5))) == [b"nokia FGLT-B  ONT", 270, None]
    assert await read(plant, *(f"{IF}.{column}.{UNI}" for column in (2, 3))) == [b"nokia FGLT-B  PHYSICALUNI", 271]
    assert await read(plant, f"{x}.6.{UNI}", f"{x}.10.{UNI}", f"{x}.14.{UNI}") == [
        (2**40 + 1).to_bytes(8, "big"),
        (7).to_bytes(8, "big"),
        2,
    ]


async def test_a_full_walk_is_ordered_and_holds_every_ont_with_its_gaps() -> None:
    plant = small_plant()
    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        with Client(agent.port) as client:
            rows = await client.walk("1", repetitions=40)
            onts = [int(oid.rpartition(".")[2]) for oid, value in await client.walk(f"{IF}.3") if int(value) == 270]
    oids = [tuple(int(arc) for arc in oid.split(".")) for oid, _ in rows]
    assert oids == sorted(set(oids))
    assert onts == sorted(ont_index(name) for name in plant.state.onts)


async def test_an_ont_added_removed_or_exchanged_changes_the_rows() -> None:
    plant = small_plant()
    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        with Client(agent.port) as client:
            column = f"{NK}.35.10.1.1.5"
            first = await client.walk(column)
            new = OntName.parse("ONT-1-1-5-10-77")
            plant.state.onts[new] = ont(new, 500)
            more = await client.walk(column)
            del plant.state.onts[new]
            fewer = await client.walk(column)
            plant.state.onts[GOLDEN] = ont(GOLDEN, 600)
            other = await client.get(f"{column}.{ONT}")
    assert {oid for oid, _ in more} - {oid for oid, _ in first} == {f"{column}.{ont_index(new)}"}
    assert [oid for oid, _ in fewer] == [oid for oid, _ in first]
    assert other.value() == plant.golden.serial.octets


async def test_an_unreachable_olt_does_not_answer_and_answers_again_afterwards() -> None:
    plant = small_plant()
    async with SnmpAgent(plant, "127.0.0.1", 0, "public", reply_delay_s=0.0) as agent:
        with Client(agent.port) as client:
            plant.state.olt.reachable = False
            assert await client.exchange(encode("GetRequestPDU", ["1.3.6.1.2.1.1.1.0"]), timeout_s=0.1) is None
            plant.state.olt.reachable = True
            assert (await client.get("1.3.6.1.2.1.1.5.0")).value() == b"OLT-NRO-1"
        assert agent.stats.unanswered == 1


async def test_three_boards_without_lt_slot_do_not_fit_the_shelf() -> None:
    plant = small_plant()
    plant.state.cards += [plant.state.cards[0], plant.state.cards[0]]
    with pytest.raises(ValueError, match="NT slots"):
        build(plant.state)
