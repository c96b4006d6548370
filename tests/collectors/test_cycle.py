"""The polling cycle: walks as batches, and columns read straight into arrays, against each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import columns as one_by_one
from collectors.columns import Cadence, Column, Moment
from collectors.cycle.batch import batch_of, batches_of, pon_batch_of, storable
from collectors.cycle.cadence import Cadences, due
from collectors.cycle.columns import ColumnCycle
from collectors.cycle.plan import plan
from collectors.cycle.units import convert, convertible, kind
from collectors.load import Budgets
from collectors.snmp.column_reader import ColumnReader
from collectors.snmp.column_types import ColumnKind, ColumnResult, Gap
from collectors.snmp.values import Kind, Oid, VarBind
from collectors.snmp.walk import WHOLE
from collectors.vendors.nokia_isam import facts, index
from collectors.vendors.nokia_isam.cycle import PLAN, OntRows, PonOntRows
from domain.clock import FixedClock
from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName
from domain.metric import Metric, Readings
from domain.metrics import olt as olt_m
from domain.metrics import ont as m
from domain.olt import OltWalk, OntRow, PonRow
from domain.reading import Reading, Reason, Source, known, missing
from domain.states import Oper
from domain.telemetry import PON_ROW, REASONS, Batch, encode, pack, unpack
from tests.collectors.cycle_kit import WalkReader, result, same, sample
from tests.collectors.olt_kit import GOLDEN, Site, site, target_at

AT = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
MOMENT = Moment(AT, AT - timedelta(days=30))
COLUMNS = [
    column
    for column in facts.load().table.columns
    if convertible(column) and column.target.type is not str and kind(column) is ColumnKind.INTEGER
]
ALL_AT_ONCE = Cadences(sampled=1)
DISTANCE = facts.load().column(m.ONT_DISTANCE_M)


# A walk as a batch


def walk(*rows: OntRow) -> OltWalk:
    return OltWalk("OLT-TEST", AT, Readings(), onts=rows)


async def test_a_walk_becomes_columns_in_the_order_of_the_names() -> None:
    source = Source()
    up: dict[Metric[Any], Reading[Any]] = {
        m.ONT_OPER: known(Oper.UP, AT, source),
        m.ONT_RX_DBM: known(-19.36, AT, source),
    }
    dark: dict[Metric[Any], Reading[Any]] = {
        m.ONT_OPER: known(Oper.DOWN, AT, source),
        m.ONT_RX_DBM: missing(Reason.OFFLINE, AT),
    }
    bare: dict[Metric[Any], Reading[Any]] = {
        m.ONT_PROVISIONED: known(True, AT, source),
        m.ONT_LAST_CHANGE: known(AT, AT, source),
    }
    names = [replace(GOLDEN, ont=number) for number in (3, 1, 2)]
    rows = [OntRow(n, Readings(r)) for n, r in zip(names, (up, dark, bare), strict=True)]
    batch = await batch_of(target_at(1), walk(*rows))
    assert [unpack(int(key)).ont for key in batch.keys] == [1, 2, 3]
    assert sample(batch, names[0], m.ONT_RX_DBM) == -19.36
    assert sample(batch, names[1], m.ONT_OPER) == encode(m.ONT_OPER, Oper.DOWN)
    assert sample(batch, names[1], m.ONT_RX_DBM) is Reason.OFFLINE
    assert sample(batch, names[2], m.ONT_RX_DBM) is Reason.NOT_READ
    assert sample(batch, names[2], m.ONT_PROVISIONED) == 1.0
    assert sample(batch, names[2], m.ONT_LAST_CHANGE) == AT.timestamp()
    assert (batch.operator_id, batch.olt, batch.at) == ("infra", "OLT-TEST", AT)


def test_identities_and_secrets_are_not_telemetry() -> None:
    for metric in (m.ONT_PASSWORD, m.ONT_SERIAL, m.ONT_FIRMWARE_ACTIVE, m.ONT_ALARMS, m.ONT_EQUIPMENT_ID):
        assert not storable(metric)
    assert storable(m.UNI_OPER)


async def test_a_walk_without_ont_is_an_empty_batch() -> None:
    batch = await batch_of(target_at(1), walk())
    assert (len(batch.keys), dict(batch.values)) == (0, {})
    assert await batches_of(target_at(1), walk()) == []


async def test_the_pon_ports_of_a_walk_have_rows_of_their_own_with_the_uptime_of_the_olt() -> None:
    sent: dict[Metric[Any], Reading[Any]] = {
        olt_m.PON_TX_DBM: known(3.4, AT, Source()),
        olt_m.PON_OPER: known(Oper.UP, AT, Source()),
    }
    dark: dict[Metric[Any], Reading[Any]] = {olt_m.PON_TX_DBM: missing(Reason.NO_READING, AT)}
    ports = [PonRow(PonName(1, 1, 5, number), Readings(row)) for number, row in ((10, sent), (2, dark))]
    up = Readings({olt_m.OLT_UPTIME_S: known(86400.0, AT, Source())})
    batch = await pon_batch_of(target_at(1), OltWalk("OLT-TEST", AT, up, pon_ports=tuple(ports)))
    assert [unpack(int(key)).ont for key in batch.keys] == [PON_ROW, PON_ROW]
    assert sample(batch, PonName(1, 1, 5, 10), olt_m.PON_TX_DBM) == 3.4
    assert sample(batch, PonName(1, 1, 5, 2), olt_m.PON_TX_DBM) is Reason.NO_READING
    assert sample(batch, PonName(1, 1, 5, 2), olt_m.PON_OPER) is Reason.NOT_READ
    assert sample(batch, PonName(1, 1, 5, 2), olt_m.OLT_UPTIME_S) == 86400.0


# Units of whole columns


@given(
    st.sampled_from(COLUMNS), st.lists(st.integers(-(1 << 31), (1 << 32) - 1), min_size=1, max_size=30), st.booleans()
)
def test_a_whole_column_reads_as_its_variables_one_by_one(column: Column, raw: list[int], booted: bool) -> None:
    moment = MOMENT if booted else Moment(AT)
    raw = [*raw, *column.words, *(item for item in column.sentinels if isinstance(item, int)), -9680, 0, 1]
    whole = convert(column, np.array(raw, dtype=np.int64), moment)
    for at, value in enumerate(raw):
        reading = one_by_one.read(column, VarBind((1, 3), Kind.INTEGER, value), moment)
        code = int(whole.reasons[at])
        assert (REASONS[code] if code else None) == reading.reason, (column.metric, value)
        if reading.value is None:
            assert math.isnan(whole.values[at])
        elif storable(column.target):
            assert whole.values[at] == encode(column.target, reading.value), (column.metric, value)


@given(st.integers(-(1 << 31), 1 << 31), st.decimals(-1000, 1000, places=3), st.decimals(-1000, 1000, places=2))
def test_scale_and_offset_give_what_the_decimal_gives(raw: int, scale: Decimal, offset: Decimal) -> None:
    column = DISTANCE.model_copy(
        update={"scale": scale, "offset": offset, "lowest": None, "highest": None, "sentinels": ()}
    )
    assert convert(column, np.array([raw]), MOMENT).values[0] == float(scale * raw + offset)


# Names of rows


@given(st.lists(st.integers(0, (1 << 32) - 1), max_size=50))
def test_rows_are_named_as_one_by_one(rows: list[int]) -> None:
    names = [index.ont_name(row) for row in rows]
    keys = OntRows().keys(np.array(rows, dtype=np.int64).reshape(-1, 1))
    assert list(keys) == [-1 if name is None else pack(name) for name in names]


@given(st.integers(1, 16), st.integers(1, 16), st.integers(1, 128), st.sampled_from([0, 0x2000]))
def test_rows_of_a_port_and_a_number_are_named_too(slot: int, pon: int, ont: int, low_bits: int) -> None:
    name = OntName(1, 1, slot, pon, ont)
    row = index.pon_index(name.pon_name, low_bits)
    keys = PonOntRows().keys(np.array([[row, ont], [row, 0], [row, 129], [7, ont]], dtype=np.int64))
    assert list(keys) == [pack(name), -1, -1, -1]
    own = np.array([pack(name)])
    assert OntRows().first(own)[0] == index.ont_index(name)
    assert PonOntRows().first(own)[0] == index.pon_index(name.pon_name)


def test_a_vendor_without_plan_has_none() -> None:
    assert plan("nokia_isam") is PLAN
    assert [plan(stranger) for stranger in ("no_such_vendor", "", "a.b")] == [None] * 3


# The cadence of columns


def column_of(cadence: Cadence) -> Column:
    return DISTANCE.model_copy(update={"cadence": cadence})


@pytest.mark.parametrize(
    ("cadence", "elapsed", "expected"),
    [
        (Cadence.STATE, timedelta(minutes=5), True),
        (Cadence.COUNTER, timedelta(minutes=5), True),
        (Cadence.COUNTER, timedelta(minutes=1), False),
        (Cadence.OPTICS, timedelta(minutes=5), False),
        (Cadence.OPTICS, timedelta(minutes=15), True),
        (Cadence.OPTICS, timedelta(minutes=14, seconds=55), True),
        (Cadence.STATIC, timedelta(hours=23), False),
        (Cadence.STATIC, timedelta(hours=24), True),
        (Cadence.STATIC, timedelta(hours=-1), True),  # the clock was set back
        (Cadence.LIVE, timedelta(days=9), False),
    ],
)
def test_a_column_is_due_by_its_cadence(cadence: Cadence, elapsed: timedelta, expected: bool) -> None:
    assert due(column_of(cadence), AT - elapsed, AT) is expected
    assert due(column_of(cadence), None, AT) is (cadence is not Cadence.LIVE)


def test_the_periods_can_be_chosen() -> None:
    chosen = Cadences({Cadence.OPTICS: timedelta(hours=1)})
    assert not due(column_of(Cadence.OPTICS), AT - timedelta(minutes=15), AT, chosen)
    assert not due(column_of(Cadence.STATE), None, AT, chosen)
    with pytest.raises(InvalidValueError):
        Cadences(sampled=0)


# The cycle, against the simulated OLT


@pytest.mark.parametrize("make", [ColumnReader, WalkReader])
async def test_columns_bring_what_the_walk_brings(tmp_path: Path, make: Callable[[], Any]) -> None:
    async with site(tmp_path) as olt:
        olt.plant.fault("feeder-cut", str(GOLDEN.pon_name))
        reader = make()
        try:
            cycle = await ColumnCycle(reader, olt.clock, Budgets(), ALL_AT_ONCE).read(olt.target, 30.0)
        finally:
            await reader.close()
        rows = await batches_of(olt.target, await olt.driver.walk(olt.target, 30.0))
    assert cycle.batch is not None
    for whole, walked in zip(cycle.batches, rows, strict=True):
        same(whole, walked)
    assert sample(cycle.batch, GOLDEN, m.ONT_RX_DBM) is Reason.OFFLINE
    assert (cycle.gaps, cycle.varbinds > 4000) == ({}, True)


async def test_a_later_cycle_reads_what_is_due_where_there_are_onts(tmp_path: Path) -> None:
    async with site(tmp_path) as olt:
        reader = WalkReader()
        cycles = ColumnCycle(reader, olt.clock, cadences=ALL_AT_ONCE)
        await cycles.read(olt.target, 30.0)
        reader.asked.clear()
        olt.clock.advance(300)
        onts, pons = (await cycles.read(olt.target, 30.0)).batches
    states = {"ont.admin", "ont.oper", "ont.last_change", "ont.ranging"}
    assert {metric.key for metric in onts.values} == states | {"ont.errors_up", "ont.errors_down"}
    assert {metric.key for metric in pons.values} == {"pon.admin", "pon.oper", "pon.last_change", "olt.uptime_s"}
    _, interfaces, ports = reader.asked
    slots = {unpack(int(key)).slot for key in onts.keys}
    assert len(interfaces[0].scopes) == len(slots) < 16
    assert len(ports[0].scopes) == len({unpack(int(key)).slot for key in pons.keys} | slots)


async def test_an_olt_that_says_nothing_gives_no_batch_and_the_reason() -> None:
    reader = WalkReader()
    cycle = await ColumnCycle(reader, FixedClock(AT)).read(target_at(9), 0.1)
    assert cycle.batch is None
    assert set(cycle.gaps.values()) <= {Reason.TIMEOUT, Reason.UNREACHABLE}
    assert cycle.gaps


async def cycle_with(olt: Site, change: Callable[[Oid, ColumnResult], ColumnResult]) -> Batch:
    batch = (await ColumnCycle(WalkReader(change), olt.clock, cadences=ALL_AT_ONCE).read(olt.target, 30.0)).batch
    assert batch is not None
    return batch


async def test_a_column_cut_short_is_unknown_from_there_on(tmp_path: Path) -> None:
    rx = facts.load().column(m.ONT_RX_DBM)
    cut = OntName(1, 1, 5, 10, 19)

    def change(oid: Oid, column: ColumnResult) -> ColumnResult:
        if oid != rx.oid:
            return column
        kept = {
            (int(i),): int(v)
            for i, v in zip(column.index[:, 0], column.values, strict=True)
            if i <= index.ont_index(cut)
        }
        return result(kept, gaps=(Gap(Reason.TIMEOUT, (index.ont_index(cut),), WHOLE),))

    async with site(tmp_path) as olt:
        batch = await cycle_with(olt, change)
    codes = [REASONS[int(c)] if c else None for c in batch.reasons[m.ONT_RX_DBM][batch.keys > pack(cut)]]
    assert set(codes) == {Reason.TIMEOUT}
    assert sample(batch, cut, m.ONT_RX_DBM) == -19.36
    assert not batch.reasons[m.ONT_OPER].any()


async def test_a_spoilt_row_and_a_missing_one_say_why(tmp_path: Path) -> None:
    rx, distance = (facts.load().column(metric) for metric in (m.ONT_RX_DBM, m.ONT_DISTANCE_M))
    row = (index.ont_index(GOLDEN),)

    def change(oid: Oid, column: ColumnResult) -> ColumnResult:
        if oid not in {rx.oid, distance.oid}:
            return column
        kept = {(int(i),): int(v) for i, v in zip(column.index[:, 0], column.values, strict=True) if (int(i),) != row}
        return result(kept, spoilt={row: Reason.MALFORMED} if oid == rx.oid else {})

    async with site(tmp_path) as olt:
        batch = await cycle_with(olt, change)
    assert sample(batch, GOLDEN, m.ONT_RX_DBM) is Reason.MALFORMED
    assert sample(batch, GOLDEN, m.ONT_DISTANCE_M) is Reason.NOT_SUPPORTED


async def test_an_olt_without_pon_mib_is_read_by_its_interfaces_on_every_board(tmp_path: Path) -> None:
    def change(oid: Oid, column: ColumnResult) -> ColumnResult:
        return result({}, arity=column.index.shape[1]) if oid[:9] == (1, 3, 6, 1, 4, 1, 637, 61, 1) else column

    async with site(tmp_path) as olt:
        batch = await cycle_with(olt, change)
    assert len(batch.keys) > 500
    assert sample(batch, GOLDEN, m.ONT_OPER) == encode(m.ONT_OPER, Oper.UP)
    assert sample(batch, GOLDEN, m.ONT_PROVISIONED) == 1.0
    assert sample(batch, GOLDEN, m.ONT_RX_DBM) is Reason.NOT_SUPPORTED


async def test_a_vendor_without_plan_is_a_clear_error() -> None:
    cycles = ColumnCycle(WalkReader(), FixedClock(AT))
    assert not cycles.knows("no_such_vendor")
    with pytest.raises(LookupError):
        await cycles.read(replace(target_at(9), vendor="no_such_vendor"), 1.0)
