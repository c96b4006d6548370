"""Optics for some PON ports at a time, columns chosen by what an OLT has, and what is learnt again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collectors.columns import Cadence
from collectors.cycle.cadence import Cadences
from collectors.cycle.columns import ColumnCycle
from collectors.cycle.names import BITS
from collectors.cycle.plan import SYS_UP_TIME
from collectors.cycle.sampling import sample
from collectors.snmp.column_types import ColumnResult, Gap, Numbers
from collectors.snmp.values import Oid
from collectors.snmp.walk import WHOLE
from collectors.vendors.nokia_isam import facts, index
from collectors.vendors.zte_zxan import IF_NAME
from domain.identifiers import OntName, PonName
from domain.metrics import olt as olt_m
from domain.metrics import ont as m
from domain.reading import Reason
from domain.states import Oper
from domain.telemetry import REASON_CODES, encode, pack, unpack
from simulators.clock import SharedClock
from tests.collectors.conformance.test_windows import Window, window
from tests.collectors.cycle_kit import WalkReader, result
from tests.collectors.cycle_kit import sample as told
from tests.collectors.olt_kit import site

AT = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
CYCLE, PERIOD = timedelta(minutes=5), timedelta(minutes=15)
AT_ONCE = Cadences(sampled=1)
TREE_1082 = (1, 3, 6, 1, 4, 1, 3902, 1082, 500)


# Which PON ports


@given(st.integers(1, 60), st.sampled_from([1.0, 1 / 2, 1 / 3, 1 / 7]))
def test_every_port_has_its_turn_and_no_cycle_takes_more_than_its_share(count: int, share: float) -> None:
    pons, read_at, now = np.arange(count), dict[int, datetime](), AT
    period = CYCLE * round(1 / share)
    most = -(-count // round(1 / share))
    for _ in range(5 * round(1 / share)):
        chosen = sample(pons, read_at, now, period, share)
        assert len(chosen) <= most
        assert np.all(np.diff(chosen) > 0)
        read_at |= dict.fromkeys(chosen.tolist(), now)
        now += CYCLE
    assert len(read_at) == count
    assert max(now - last for last in read_at.values()) <= period


def test_those_asked_longest_ago_come_first_and_a_clock_set_back_makes_all_due() -> None:
    read_at = {1: AT - timedelta(hours=1), 2: AT - timedelta(hours=2), 3: AT + timedelta(hours=1)}
    assert sample(np.array([1, 2, 3, 4]), read_at, AT, PERIOD, 0.5).tolist() == [2, 4]
    assert sample(np.array([1, 3]), read_at, AT, PERIOD, 1).tolist() == [1, 3]
    assert sample(np.array([5]), {5: AT}, AT, PERIOD, 1).tolist() == []
    assert sample(np.array([], dtype=np.int64), {}, AT, PERIOD, 1).tolist() == []


# Cycles of the simulated OLT


async def test_optics_go_round_the_pon_ports_each_value_with_its_own_age(tmp_path: Path) -> None:
    seen: list[set[int]] = []
    async with site(tmp_path) as olt:
        cycles = ColumnCycle(WalkReader(), olt.clock)
        for _ in range(4):
            batches = (await cycles.read(olt.target, 30.0)).batches
            states = batches[0]
            assert m.ONT_RX_DBM not in states.values
            assert not states.reasons[m.ONT_OPER].any()
            (optics,) = (batch for batch in batches if m.ONT_RX_DBM in batch.values)
            assert m.ONT_OPER not in optics.values
            assert not np.isin(optics.reasons[m.ONT_RX_DBM], [REASON_CODES[Reason.NOT_READ]]).any()
            seen.append(set((optics.keys >> BITS).tolist()))
            olt.clock.advance(300)
    pons = set((states.keys >> BITS).tolist())
    assert seen[0] | seen[1] | seen[2] == pons
    assert sum(map(len, seen[:3])) == len(pons)  # each once
    assert seen[3] == seen[0]


async def test_optics_need_not_be_polled_at_all(tmp_path: Path) -> None:
    async with site(tmp_path) as olt:
        cycles = ColumnCycle(WalkReader(), olt.clock, cadences=Cadences({Cadence.STATE: timedelta(0)}))
        onts, _ = (await cycles.read(olt.target, 30.0)).batches
    assert m.ONT_OPER in onts.values
    assert m.ONT_RX_DBM not in onts.values


async def test_onts_that_could_not_be_heard_again_are_unknown_and_not_gone(tmp_path: Path) -> None:
    cut = OntName(1, 1, 5, 10, 19)

    def short(_oid: Oid, column: ColumnResult) -> ColumnResult:
        places = np.array([[index.ont_index(cut), index.pon_index(cut.pon_name)]])[:, : column.index.shape[1]]
        heard = column.index[:, 0] <= places[0, 0]
        values = np.asarray(column.values)[heard] if not isinstance(column.values, list) else column.values
        return ColumnResult(column.index[heard], values, (Gap(Reason.TIMEOUT, None, WHOLE),))

    async with site(tmp_path) as olt:
        reader = WalkReader()
        cycles = ColumnCycle(reader, olt.clock, cadences=AT_ONCE)
        before = (await cycles.read(olt.target, 30.0)).batches[0]
        reader.change = short
        olt.clock.advance(300)
        after = (await cycles.read(olt.target, 30.0)).batches[0]
    assert np.array_equal(after.keys, before.keys)
    lost = after.reasons[m.ONT_OPER] == REASON_CODES[Reason.TIMEOUT]
    assert lost.any()
    assert not lost[after.keys <= pack(cut)].any()


async def test_states_of_onts_that_only_the_optics_have_shown_were_not_read_and_are_not_missing(tmp_path: Path) -> None:
    """The tables of ONTs were cut short: nobody asked for the states of the board that they had not reached."""
    first_board, onts = 5, facts.load().column(m.ONT_PROVISIONED).oid[:10]

    def short(oid: Oid, column: ColumnResult) -> ColumnResult:
        if oid[:10] != onts or oid in {facts.load().column(metric).oid for metric in (m.ONT_RX_DBM, m.OLT_RX_DBM)}:
            return column
        heard = column.index[:, 0] < index.pon_index(PonName(1, 1, first_board + 1, 1))
        if column.index.shape[1] > 1 or isinstance(column.values, list):
            heard[:] = False
        kept: Numbers | list[bytes] = [] if isinstance(column.values, list) else column.values[heard]
        return replace(column, index=column.index[heard], values=kept, gaps=(Gap(Reason.TIMEOUT, None, WHOLE),))

    async with window("demo", tmp_path) as seen:
        cycles = ColumnCycle(WalkReader(short), seen.plant.clock, cadences=AT_ONCE)
        onts_seen = (await cycles.read(seen.target, 30.0)).batches[0]
    slots = np.array([unpack(key).slot for key in onts_seen.keys])
    assert set(slots) > {first_board}
    states = onts_seen.reasons[m.ONT_OPER]
    assert not states[slots == first_board].any()
    assert (states[slots != first_board] == REASON_CODES[Reason.NOT_READ]).all()


async def test_of_two_ports_of_one_name_the_one_that_is_up_stands_for_it(tmp_path: Path) -> None:
    name = PonName(1, 1, 5, 10)
    first, second = index.pon_index(name), index.pon_index(name, index.XGS_LOW_BITS)
    oper, level = (facts.load().column(metric).oid for metric in (olt_m.PON_OPER, olt_m.PON_TX_DBM))

    def twice(oid: Oid, column: ColumnResult) -> ColumnResult:
        if oid not in {oper, level} or [first] not in column.index.tolist():
            return column
        rows = {tuple(row): int(v) for row, v in zip(column.index.tolist(), column.values, strict=True)}
        own = {(first,): 2, (second,): 1} if oid == oper else {(first,): 11, (second,): 34}
        return result(rows | own)

    async with site(tmp_path) as olt:
        batches = (await ColumnCycle(WalkReader(twice), olt.clock, cadences=AT_ONCE).read(olt.target, 30.0)).batches
    assert told(batches[-1], name, olt_m.PON_OPER) == encode(olt_m.PON_OPER, Oper.UP)
    assert told(batches[-1], name, olt_m.PON_TX_DBM) == 3.4


# What an OLT has


def advance(olt: Window, seconds: float) -> None:
    clock = olt.plant.clock
    assert isinstance(clock, SharedClock)
    clock.advance(seconds)


async def test_a_tree_that_an_olt_lacks_is_asked_once_and_the_other_one_gives_the_metric(tmp_path: Path) -> None:
    async with window("zte_c320", tmp_path) as olt:
        reader = WalkReader(lambda oid, column: result({}) if oid[:9] == TREE_1082 else column)
        cycles = ColumnCycle(reader, olt.plant.clock, cadences=AT_ONCE)
        first = (await cycles.read(olt.target, 60.0)).batches
        reader.asked.clear()
        advance(olt, 900)
        await cycles.read(olt.target, 60.0)
        again = {request.oid[:9] for asked in reader.asked for request in asked}
        reader.asked.clear()
        advance(olt, 86400)
        await cycles.read(olt.target, 60.0)
        next_day = {request.oid[:9] for asked in reader.asked for request in asked}
    assert not first[0].reasons[m.ONT_OPER].any()
    assert TREE_1082 not in again
    assert TREE_1082 in next_day


async def test_indexes_are_learnt_once_and_again_when_the_agent_has_started_again(tmp_path: Path) -> None:
    async with window("zte_c600", tmp_path) as olt:
        reader = WalkReader()
        cycles = ColumnCycle(reader, olt.plant.clock, cadences=AT_ONCE)

        async def learns() -> bool:
            reader.asked.clear()
            advance(olt, 300)
            assert (await cycles.read(olt.target, 60.0)).batch is not None
            return any(request.oid == IF_NAME for asked in reader.asked for request in asked)

        assert [await learns(), await learns()] == [True, False]
        started = olt.plant.clock.now()

        def rebooted(oid: Oid, column: ColumnResult) -> ColumnResult:
            ticks = (olt.plant.clock.now() - started) // timedelta(milliseconds=10)
            return replace(column, values=np.array([ticks])) if oid == SYS_UP_TIME else column

        reader.change = rebooted
        assert [await learns(), await learns()] == [True, False]


async def test_names_that_were_cut_short_are_learnt_again(tmp_path: Path) -> None:
    async with window("zte_c600", tmp_path) as olt:
        gap = (Gap(Reason.TIMEOUT, None, WHOLE),)
        reader = WalkReader(lambda oid, column: replace(column, gaps=gap) if oid == IF_NAME else column)
        cycles = ColumnCycle(reader, olt.plant.clock, cadences=AT_ONCE)
        for _ in range(2):
            reader.asked.clear()
            await cycles.read(olt.target, 60.0)
            assert any(request.oid == IF_NAME for asked in reader.asked for request in asked)
