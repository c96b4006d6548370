"""What every driver of OLTs owes, told once: a driver's test inherits it and says which rows it is tried on.

The rows are made by hand, the same scene in each vendor's tables: on one PON port, ONT 1 is up, 7 lost its power,
9 keeps levels from before its fall, 12 answers rubbish; another PON port has no ONT.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest
import yaml

from collectors import register
from collectors.columns import ColumnTable, Moment, Shape
from collectors.columns import read as read_column
from collectors.inspection import as_json, as_text, inspect, probe
from collectors.snmp.values import Agent, Kind, VarBind
from domain.clock import WallClock
from domain.identifiers import OntName, PonName, SerialNumber
from domain.metrics import olt, ont
from domain.olt import CardRow, OltTarget, OltWalk, OntRow, PonRow
from domain.ports import OltDriver, ReadOutcome
from domain.reading import Quality, Reason, Via
from domain.secret import Secret
from domain.snapshot import Outcome, SourceKind
from domain.states import OntAlarm, Oper
from simulators.snmp.replay import serve
from tests.collectors.conformance.relay import Fate, Relay, honest, relay

_EVERY = """
olt.descr olt.uptime_s olt.software card.type card.oper card.kind pon.admin pon.oper pon.tx_power_dbm
pon.rx_power_dbm pon.temperature_c pon.bias_ma pon.voltage_v ont.serial ont.serial_seen ont.password ont.loid
ont.admin ont.provisioned ont.oper ont.last_change ont.down_cause ont.firmware_active ont.firmware_standby
ont.firmware_planned ont.distance_m ont.rx_power_dbm ont.tx_power_dbm ont.bias_ma ont.temperature_c ont.voltage_v
ont.olt_rx_power_dbm ont.bip_up ont.bip_down ont.fec_corrected ont.fec_uncorrected ont.ber_exponent_up uni.oper
uni.speed_mbps uni.rate uni.duplex uni.negotiation
"""
ASKED = frozenset(_EVERY.split())
"""What every OLT is asked. A driver gives it, or its ``quality.yaml`` says why it cannot."""

ROWS = Path(__file__).parent / "rows"


def target_of(vendor: str, port: int) -> OltTarget:
    return OltTarget("infra", "OLT-TEST", vendor, "127.0.0.1", port, Secret("public"))


@asynccontextmanager
async def open_driver(vendor: str) -> AsyncIterator[OltDriver]:
    driver = register.driver(vendor, WallClock())
    try:
        yield driver
    finally:
        await driver.close()


class DriverConformance:
    """Inherit, and say who."""

    vendor: ClassVar[str]
    rows: ClassVar[str]
    pon: ClassVar[PonName]
    ports: ClassVar[int] = 2
    cards: ClassVar[int] = 3
    impossible: ClassVar[str] = "ONT-9-9-9-9-9"
    discovered: ClassVar[int] = 1

    def named(self, number: int) -> OntName:
        return OntName(self.pon.rack, self.pon.shelf, self.pon.slot, self.pon.pon, number)

    @asynccontextmanager
    async def served(self, fate: Fate = honest) -> AsyncIterator[Relay]:
        async with serve(ROWS / f"{self.rows}.snmprec", "127.0.0.1", 0) as replay, relay(replay.port, fate) as between:
            yield between

    async def walked(self, fate: Fate = honest, timeout_s: float = 20.0) -> OltWalk:
        async with self.served(fate) as between, open_driver(self.vendor) as driver:
            return await driver.walk(target_of(self.vendor, between.port), timeout_s)

    async def read(self, *numbers: int) -> list[ReadOutcome]:
        async with self.served() as between, open_driver(self.vendor) as driver:
            target = target_of(self.vendor, between.port)
            return [await driver.read_ont(target, self.named(number), 20.0) for number in numbers]

    async def test_the_vendor_is_recognised_and_inspected(self) -> None:
        async with serve(ROWS / f"{self.rows}.snmprec", "127.0.0.1", 0) as replay:
            assert await probe(Agent("127.0.0.1", replay.port, Secret("public")), 5) == self.vendor
            target = target_of(self.vendor, replay.port)
            walk = await inspect(target, WallClock(), 20)
        assert len(as_json(target, walk)["onts"]) == 4
        assert "ONT (4 : 1 up, 2 down, 1 inconnus)" in as_text(target, walk)

    async def test_a_walk_finds_every_port_board_and_ont_by_name(self) -> None:
        walk = await self.walked()
        assert [row.name for row in walk.onts] == [self.named(number) for number in (1, 7, 9, 12)]
        assert len(walk.pon_ports) == self.ports
        assert {row.name for row in walk.pon_ports if row.readings.value(olt.PON_OPER) is Oper.UP} == {self.pon}
        assert len([card for card in walk.cards if card.readings[olt.CARD_TYPE].known]) == self.cards
        assert self.pon.slot in {card.slot for card in walk.cards}
        assert walk.readings.value(olt.OLT_UPTIME_S) == 86400.0
        assert walk.gaps == ()

    async def test_states_and_levels_are_in_the_right_unit(self) -> None:
        rows = {row.name.ont: row.readings for row in (await self.walked()).onts}
        assert [rows[number].value(ont.ONT_OPER) for number in (1, 7, 9)] == [Oper.UP, Oper.DOWN, Oper.DOWN]
        assert rows[1].value(ont.ONT_RX_DBM) == pytest.approx(-19.36)
        assert rows[1].value(ont.ONT_TX_DBM) == pytest.approx(2.28)
        assert rows[1].value(ont.OLT_RX_DBM) == pytest.approx(-20.7)
        assert rows[1].value(ont.ONT_DISTANCE_M) == pytest.approx(1234, abs=50)
        assert rows[1].value(ont.ONT_SERIAL) == SerialNumber.parse("TEST00000001")
        assert rows[1].value(ont.ONT_PROVISIONED) is True

    async def test_a_sentinel_is_never_a_value_and_says_why(self) -> None:
        walk = await self.walked()
        rows = {row.name.ont: row.readings for row in walk.onts}
        for metric in (ont.ONT_RX_DBM, ont.ONT_TX_DBM, ont.OLT_RX_DBM, ont.ONT_DISTANCE_M):
            assert rows[7][metric].value is None
            assert rows[7][metric].reason is Reason.OFFLINE
        dark = [row for row in walk.pon_ports if row.name != self.pon]
        assert {row.readings[olt.PON_TX_DBM].reason for row in dark} == {Reason.NO_READING}

    async def test_what_an_agent_still_answers_of_an_ont_that_is_down_is_not_believed(self) -> None:
        rows = {row.name.ont: row.readings for row in (await self.walked()).onts}
        for metric in (ont.ONT_RX_DBM, ont.ONT_TX_DBM, ont.OLT_RX_DBM):
            assert rows[9][metric].reason is Reason.OFFLINE
            assert rows[9][metric].raw

    async def test_rubbish_costs_its_own_reading_only(self) -> None:
        rows = {row.name.ont: row.readings for row in (await self.walked()).onts}
        assert rows[12][ont.ONT_OPER].reason is Reason.MALFORMED
        assert rows[12][ont.ONT_SERIAL].reason is Reason.MALFORMED
        assert rows[12][ont.ONT_RX_DBM].reason is Reason.OUT_OF_RANGE
        assert rows[12][ont.OLT_RX_DBM].reason is Reason.MALFORMED
        assert rows[12].value(ont.ONT_TX_DBM) == pytest.approx(2.28)

    async def test_a_dying_gasp_is_an_alarm(self) -> None:
        rows = {row.name.ont: row.readings for row in (await self.walked()).onts}
        assert OntAlarm.DG in (rows[7].value(ont.ONT_ALARMS) or ())
        assert OntAlarm.DG not in (rows[1].value(ont.ONT_ALARMS) or ())
        assert OntAlarm.DG not in (rows[9].value(ont.ONT_ALARMS) or ())

    async def test_a_live_read_and_a_walk_agree(self) -> None:
        walk = await self.walked()
        for row, read in zip(walk.onts, await self.read(1, 7, 9, 12), strict=True):
            for metric in row.readings:
                walked, live = row.readings[metric], read.readings[metric]
                same = walked.value == live.value or metric is ont.ONT_LAST_CHANGE  # ticks, on a clock that moves
                assert (same, walked.reason) == (True, live.reason), (row.name, metric)
            port = next(p.readings for p in walk.pon_ports if p.name == self.pon)
            assert port[olt.PON_TX_DBM].value == read.readings[olt.PON_TX_DBM].value == pytest.approx(3.4)

    async def test_a_live_read_tells_its_story(self) -> None:
        (read,) = await self.read(1)
        assert read.sources[0].kind is SourceKind.OLT_SNMP
        assert read.sources[0].outcome is Outcome.OK
        assert 0 < read.sources[0].requests <= 12
        assert read.readings.value(olt.OLT_REACHABLE) is True
        assert read.readings.value(olt.PON_LASER_ON) is True
        for metric, reading in read.readings.values.items():
            assert reading.at is not None, metric
            assert not reading.known or reading.source.via in {Via.SNMP, Via.CLI}, metric
            assert reading.known is (reading.quality is not Quality.MISSING)

    async def test_capabilities_say_all_that_a_driver_may_give(self) -> None:
        walk = await self.walked()
        async with open_driver(self.vendor) as driver:
            promised = driver.capabilities
        rows: list[CardRow | PonRow | OntRow] = [*walk.cards, *walk.pon_ports, *walk.onts]
        tables = [walk.readings, *(row.readings for row in rows)]
        (read,) = await self.read(1)
        given = {metric for bag in (*tables, read.readings) for metric in bag if bag[metric].known}
        assert given <= promised

    async def test_the_rest_of_a_pon_is_read_with_the_ports_of_the_olt(self) -> None:
        async with self.served() as between, open_driver(self.vendor) as driver:
            walk = await driver.read_pon(target_of(self.vendor, between.port), self.named(1), 20.0)
        assert [row.name.ont for row in walk.onts] == [1, 7, 9, 12]
        assert walk.onts[1].readings.value(ont.ONT_OPER) is Oper.DOWN
        assert OntAlarm.DG in (walk.onts[1].readings.value(ont.ONT_ALARMS) or ())
        assert len(walk.pon_ports) == self.ports
        assert walk.gaps == ()

    async def test_an_ont_that_is_not_there_is_not_provisioned(self) -> None:
        (read,) = await self.read(3)
        assert read.readings.value(ont.ONT_PROVISIONED) is False
        assert read.readings[ont.ONT_OPER].reason is Reason.NOT_SUPPORTED
        assert read.readings.value(olt.PON_OPER) is Oper.UP

    async def test_a_name_that_the_vendor_cannot_have_is_not_asked(self) -> None:
        async with open_driver(self.vendor) as driver:
            read = await driver.read_ont(target_of(self.vendor, 9), OntName.parse(self.impossible), 1.0)
        assert read.sources[0].outcome is Outcome.SKIPPED
        assert read.readings.value(olt.OLT_REACHABLE) is None
        assert {r.reason for r in read.readings.values.values()} <= {Reason.NOT_SUPPORTED, Reason.NOT_READ}

    async def test_an_olt_that_is_silent_is_unknown_not_empty(self) -> None:
        walk = await self.walked(lambda _number, _reply: [], 0.4)
        assert walk.readings.value(olt.OLT_REACHABLE) is False
        assert [gap.reason for gap in walk.gaps] == [Reason.TIMEOUT]

    @pytest.mark.parametrize("heard", [3, 6, 9])
    async def test_a_walk_cut_short_says_what_is_missing(self, heard: int) -> None:
        walk = await self.walked(lambda number, reply: [reply] if number < heard else [], 0.6)
        assert walk.gaps
        assert {gap.reason for gap in walk.gaps} == {Reason.TIMEOUT}
        cut = {gap.table for gap in walk.gaps}
        for row in walk.onts:
            for metric, reading in row.readings.values.items():
                assert reading.reason is not Reason.TIMEOUT or metric.key in cut | {ont.ONT_LAST_CHANGE.key}

    @pytest.mark.parametrize(
        "fate",
        [
            pytest.param(lambda _number, reply: [reply, reply], id="every reply twice"),
            pytest.param(lambda number, reply: [reply[:40], reply] if number % 3 else [reply], id="truncated copies"),
        ],
    )
    async def test_copies_and_fragments_change_nothing(self, fate: Callable[[int, bytes], list[bytes]]) -> None:
        walk = await self.walked(fate)
        assert [row.name.ont for row in walk.onts] == [1, 7, 9, 12]
        assert walk.gaps == ()

    async def test_no_request_asks_for_zero_repetitions(self) -> None:
        async with self.served() as between, open_driver(self.vendor) as driver:
            target = target_of(self.vendor, between.port)
            await asyncio.gather(driver.walk(target, 20.0), driver.read_ont(target, self.named(1), 20.0))
            await driver.read_pon(target, self.named(1), 20.0)
        assert between.repetitions()
        assert min(between.repetitions()) >= 1

    @pytest.mark.parametrize("seed", range(3))
    async def test_an_agent_that_talks_nonsense_never_breaks_a_read(self, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - the same nonsense for the same seed

        def spoilt(_number: int, reply: bytes) -> list[bytes]:
            octets = bytearray(reply)
            for _ in range(dice.randint(0, 3)):  # never the request-id, so that the nonsense is believed
                octets[dice.randrange(len(octets) // 2, len(octets))] = dice.randrange(256)
            return [bytes(octets)]

        walk = await self.walked(spoilt, 0.5)
        assert {row.name.rack for row in walk.onts} <= {self.pon.rack}
        async with self.served(spoilt) as between, open_driver(self.vendor) as driver:
            read = await driver.read_ont(target_of(self.vendor, between.port), self.named(1), 0.5)
        assert set(read.readings) - {olt.OLT_REACHABLE}

    async def test_onts_heard_and_configured_nowhere_are_told(self) -> None:
        found = (await self.walked()).discovered
        assert len(found) == self.discovered
        assert {(row.pon, str(row.readings.value(ont.ONT_SERIAL_SEEN))) for row in found} <= {
            (self.pon, "TEST0000000F")
        }

    async def test_each_thing_that_an_olt_is_asked_is_read_or_declared_missing_with_its_reason(self) -> None:
        folder = Path(str(register.drivers()[self.vendor].__file__)).parent  # type: ignore[attr-defined]  # a vendor is a module
        missing = yaml.safe_load((folder / "quality.yaml").read_text("utf-8"))["missing"]
        assert all(entry["why"].strip() for entry in missing)
        declared = [key for entry in missing for key in entry.get("metrics", ())]
        async with open_driver(self.vendor) as driver:
            given = {metric.key for metric in driver.capabilities}
        assert sorted(declared) == sorted(ASKED - given)

    def test_no_sentinel_is_ever_a_value(self) -> None:
        folder = Path(str(register.drivers()[self.vendor].__file__)).parent  # type: ignore[attr-defined]  # a vendor is a module
        table = ColumnTable.load((folder / "columns.yaml").read_text("utf-8"))
        moment = Moment(WallClock().now())
        for column in table.columns:
            for raw in column.sentinels:
                told = bytes.fromhex(raw[2:]) if isinstance(raw, str) and raw.startswith("0x") else raw
                value = told.encode() if isinstance(told, str) else told
                kind = Kind.INTEGER if isinstance(value, int) else Kind.OCTETS
                assert (
                    read_column(column, VarBind((*column.oid, 1), kind, value), moment).reason is Reason.NO_READING
                ), column
            if column.type is Shape.NUMBER and column.target.unit in {"dBm", "m", "V", "mA", "°C", "%"}:
                for wild in (2147483647, -2147483648, 4294967295):  # of some other firmware
                    reading = read_column(column, VarBind((*column.oid, 1), Kind.INTEGER, wild), moment)
                    assert reading.value is None, column

    def test_every_column_names_its_source_and_the_quality_is_declared(self) -> None:
        folder = Path(str(register.drivers()[self.vendor].__file__)).parent  # type: ignore[attr-defined]  # a vendor is a module
        table = ColumnTable.load((folder / "columns.yaml").read_text("utf-8"))
        assert table.vendor == self.vendor
        assert all(column.source.strip() for column in table.columns)
        quality = yaml.safe_load((folder / "quality.yaml").read_text("utf-8"))
        assert (quality["vendor"], bool(quality["missing"])) == (self.vendor, True)
