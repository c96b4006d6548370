"""Instants of a whole column against `collectors.columns.read`, one by one."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import columns as one_by_one
from collectors.columns import Column, Moment
from collectors.cycle.units import convert, kind
from collectors.driving.facts import load
from collectors.snmp.column_types import ColumnKind
from collectors.snmp.values import Kind, VarBind
from domain.metrics import ont as m
from domain.reading import Reason
from domain.telemetry import REASONS, encode

MOMENT = Moment(datetime(2019, 5, 9, 8, 29, tzinfo=UTC))
HUAWEI = load("collectors.vendors.huawei_smartax").column(m.ONT_LAST_UP)
ZTE = load("collectors.vendors.zte_zxan").column(m.ONT_LAST_UP)
PARIS = ZTE.model_copy(update={"zone": ZoneInfo("Europe/Paris")})
LISTED = HUAWEI.model_copy(update={"sentinels": ("0x07d0010100000000", "2000-01-01 00:00:00", "never")})
COLUMNS = (HUAWEI, ZTE, PARIS, LISTED)

# 2019-03-31 has no 02:30 in Paris, 2018-10-28 has two
EDGES = [
    b"",
    bytes(8),
    bytes(11),
    b" " * 8,
    b"N/A",
    b"N/A\0\0\0\0\0",
    b"never\0\0\0",
    b"0000-00-00 00:00:00",
    b"2000-01-01 00:00:00",
    b"2000-01-01 00:00:00 ",
    b"2019-03-31 02:30:00",
    b"2018-10-28 02:30:00",
    b"2018-10-28 02:30:60",
    b"2019-02-29 00:00:00",
    b"2016-02-29T23:59:59",
    b"2019-05-09 08:29:59.5+02:00",
    b"2019-05-09 08:30:01",
    b"2030-01-01 00:00:00",
    b"\xff019-05-09 08:29:00",
    b"0001-01-01 00:00:00",
    b"9999-12-31 23:59:59",
    bytes.fromhex("07d0010100000000"),
    bytes.fromhex("07e3050908143b00"),
    bytes.fromhex("07e3050908143b002b0200"),
    bytes.fromhex("07e3050908143b002bff00"),
    bytes.fromhex("07e3050908143b00000200"),
    bytes.fromhex("0001010100000000"),
    bytes.fromhex("0001010100000000") + b"+\x17\x3b",
    bytes.fromhex("270f0c1f173b3b00") + b"-\x17\x3b",
]

_FIELDS = [(0, 9999), (0, 13), (0, 32), (0, 25), (0, 61), (0, 61)]
_ANY = st.tuples(*(st.integers(low, high) for low, high in _FIELDS))
_REAL = st.datetimes(datetime(1999, 1, 1), datetime(2019, 6, 1)).map(lambda at: at.timetuple()[:6])  # noqa: DTZ001


def _octets(parts: tuple[int, ...]) -> bytes:
    return parts[0].to_bytes(2, "big") + bytes(parts[1:]) + b"\0"


def _text(parts: tuple[int, ...]) -> bytes:
    return "{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*parts).encode()


_ZONES = st.binary(min_size=3, max_size=3) | st.sampled_from([b"+\x02\x00", b"-\x05\x1e", b"+\x17\x3b", b"+\x18\x00"])
_PARTS = _REAL | _ANY
VALUES = st.one_of(
    _PARTS.map(_octets),
    st.tuples(_PARTS.map(_octets), _ZONES).map(b"".join),
    _PARTS.map(_text),
    st.tuples(_PARTS.map(_text), st.sampled_from([b"Z", b"+01:00", b".25", b"\0", b" "])).map(b"".join),
    st.binary(max_size=22),
)


def agrees(column: Column, raw: list[bytes], moment: Moment) -> None:
    whole = convert(column, raw, moment)
    for at, value in enumerate(raw):
        reading = one_by_one.read(column, VarBind((1, 3), Kind.OCTETS, value), moment)
        code = int(whole.reasons[at])
        assert (REASONS[code] if code else None) == reading.reason, value
        if reading.value is None:
            assert math.isnan(whole.values[at])
        else:
            assert whole.values[at] == encode(column.target, reading.value), value


@pytest.mark.parametrize("column", COLUMNS, ids=["huawei", "zte", "paris", "sentinels"])
def test_odd_instants_read_as_one_by_one(column: Column) -> None:
    agrees(column, EDGES, MOMENT)
    for value in EDGES:
        agrees(column, [value, value], MOMENT)


@given(column=st.sampled_from(COLUMNS), raw=st.lists(VALUES, max_size=20))
def test_a_column_of_instants_reads_as_its_variables_one_by_one(column: Column, raw: list[bytes]) -> None:
    agrees(column, raw, MOMENT)


def test_rubbish_is_malformed_and_an_instant_to_come_is_too() -> None:
    raw = [b"rubbish!", b"2019-05-09 08:29:30", b"2019-05-09 09:00:00", b"2019-05-09 08:28:00", bytes(8)]
    codes = convert(ZTE, raw, MOMENT).reasons.tolist()
    told = [REASONS.get(code) for code in codes]
    assert told == [Reason.MALFORMED, None, Reason.MALFORMED, None, Reason.NO_READING]


def test_instants_are_asked_as_octets() -> None:
    assert kind(HUAWEI) is ColumnKind.OCTETS
    assert kind(load("collectors.vendors.huawei_smartax").column(m.ONT_OPER)) is ColumnKind.INTEGER
