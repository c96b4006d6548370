from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from collectors.columns import Column, ColumnTable, Moment, Shape, read
from collectors.snmp.values import Kind, VarBind
from domain.errors import InvalidValueError
from domain.reading import Reason

NOW = Moment(datetime(2026, 3, 4, 12, 0, tzinfo=UTC))
OID = "1.3.6.1.4.1.99"


def column(metric: str, shape: Shape, **changes: Any) -> Column:
    told = {"metric": metric, "oid": OID, "index": "ont", "type": shape, "source": "a test"} | changes
    return Column.model_validate(told)


def value(of: Column, raw: int | bytes) -> Any:
    kind = Kind.OCTETS if isinstance(raw, bytes) else Kind.INTEGER
    reading = read(of, VarBind((*of.oid, 1), kind, raw), NOW)
    return reading.reason if reading.value is None else reading.value


LAST_UP = column("ont.last_up", Shape.DATE)
PARIS = column("ont.last_up", Shape.DATE, zone="Europe/Paris")


@pytest.mark.parametrize(
    ("octets", "instant"),
    [
        pytest.param("07e2080510330800", datetime(2018, 8, 5, 16, 51, 8, tzinfo=UTC), id="8 octets: the OLT's zone"),
        pytest.param("07e20805103308002b0800", datetime(2018, 8, 5, 8, 51, 8, tzinfo=UTC), id="ahead of UTC"),
        pytest.param("07e20805103308002d031e", datetime(2018, 8, 5, 20, 21, 8, tzinfo=UTC), id="behind UTC"),
        pytest.param("07e208051033083c", datetime(2018, 8, 5, 16, 51, 8, tzinfo=UTC), id="absurd tenths"),
        pytest.param("07e208051033 3c00", datetime(2018, 8, 5, 16, 51, 59, tzinfo=UTC), id="a leap second"),
        pytest.param("00" * 8, Reason.NO_READING, id="never"),
        pytest.param("00" * 11, Reason.NO_READING, id="never, with a zone"),
        pytest.param("0000000010330800", Reason.NO_READING, id="a time without date"),
        pytest.param("", Reason.NO_READING, id="nothing"),
        pytest.param("07e20d0510330800", Reason.MALFORMED, id="month 13"),
        pytest.param("07e2080510", Reason.MALFORMED, id="5 octets"),
        pytest.param("07ea0c0510330800", Reason.MALFORMED, id="later than now"),
    ],
)
def test_a_date_and_time_is_an_instant_or_a_reason(octets: str, instant: datetime | Reason) -> None:
    assert value(LAST_UP, bytes.fromhex(octets)) == instant


def test_the_zone_of_an_olt_counts_where_the_instant_has_none() -> None:
    assert value(PARIS, bytes.fromhex("07e2080510330800")) == datetime(2018, 8, 5, 14, 51, 8, tzinfo=UTC)
    assert value(PARIS, b"2018-08-05 16:51:08+08:00") == datetime(2018, 8, 5, 8, 51, 8, tzinfo=UTC)
    assert value(PARIS, b"2018-08-05 16:51:08") == datetime(2018, 8, 5, 14, 51, 8, tzinfo=UTC)
    assert value(PARIS, b"0000-00-00 00:00:00") is Reason.NO_READING


@given(st.one_of(st.binary(max_size=24), st.integers(-(2**31), 2**63)))
def test_any_answer_is_a_past_instant_or_a_reason(raw: bytes | int) -> None:
    found = value(LAST_UP, raw)
    assert isinstance(found, Reason) or found <= datetime(2026, 3, 4, 12, 1, tzinfo=UTC)


def test_an_offset_follows_the_scale() -> None:
    rx = column("ont.olt_rx_power_dbm", Shape.NUMBER, scale="0.01", offset="-100", unit="dBm", sentinels=[2147483647])
    assert value(rx, 7930) == -20.7
    assert value(rx, 2147483647) is Reason.NO_READING


@pytest.mark.parametrize("raw", [b"TEST0000002A", b"1,TEST0000002A", b"TEST\x00\x00\x00\x2a", b"544553540000002A"])
def test_a_serial_is_octets_or_text(raw: bytes) -> None:
    assert str(value(column("ont.serial", Shape.SERIAL), raw)) == "TEST0000002A"


def test_a_code_is_a_number_or_a_text() -> None:
    code = column("card.type", Shape.CODE)
    assert (value(code, 722), value(code, b"GC8B\x00"), value(code, b"")) == ("722", "GC8B", Reason.NO_READING)


def test_one_metric_may_stand_in_two_trees_and_not_twice_in_one() -> None:
    pair = [column("ont.name", Shape.TEXT, tree=tree) for tree in ("new", "old")]
    assert len(ColumnTable(vendor="x", columns=tuple(pair)).about("ont")) == 2
    with pytest.raises((ValidationError, InvalidValueError)):
        ColumnTable(vendor="x", columns=(pair[0], pair[0]))
