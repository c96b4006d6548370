"""The column decoder against pyasn1: what both read of a reply is the same, or the column says why it is not."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pysnmp.proto.api import v2c

from collectors.snmp import fallback
from collectors.snmp.column_reader import ColumnKind, ColumnRequest, ColumnResult
from collectors.snmp.values import ABSENT, Kind, Oid
from domain.errors import DeviceProtocolError
from domain.reading import Reason
from tests.collectors.column_kit import COLUMN, NEXT, fed, rows
from tests.collectors.olt_kit import response

ARC = st.one_of(st.integers(0, 300), st.integers(16000, 17000), st.integers(0, 2**32 - 1))
NUMBER = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(v2c.Integer),
    st.integers(-200, 200).map(v2c.Integer),
    st.integers(0, 2**32 - 1).map(v2c.Counter32),
    st.integers(0, 2**32 - 1).map(v2c.Gauge32),
    st.integers(0, 2**32 - 1).map(v2c.TimeTicks),
    st.integers(0, 2**64 - 1).map(v2c.Counter64),
)
OTHER = st.one_of(
    st.binary(max_size=300).map(v2c.OctetString),
    st.binary(max_size=40).map(v2c.Opaque),
    st.just(v2c.IpAddress("192.0.2.1")),
    st.just(v2c.ObjectIdentifier((1, 3, 6, 1))),
    st.just(v2c.Null("")),
    st.just(v2c.NoSuchInstance("")),
    st.just(v2c.NoSuchObject("")),
)
VALUE = st.one_of(NUMBER, NUMBER, NUMBER, OTHER)
OCTETS = frozenset({Kind.OCTETS, Kind.IP_ADDRESS, Kind.OPAQUE})
NUMBERS = frozenset({Kind.INTEGER, Kind.COUNTER32, Kind.GAUGE32, Kind.TIME_TICKS, Kind.COUNTER64})
KINDS = st.sampled_from(list(ColumnKind))


def expected(datagrams: list[bytes], kind: ColumnKind, arity: int) -> tuple[dict[Oid, Any], set[Oid], bool]:
    """Rows, spoilt rows and whether the order broke, by pyasn1 and the plainest of loops."""
    good: dict[Oid, Any] = {}
    spoilt: set[Oid] = set()
    last: Oid = ()
    for datagram in datagrams:
        for name, tag, value in fallback.decode_response(datagram).varbinds:
            index = name[len(COLUMN) :]
            if name[: len(COLUMN)] != COLUMN or tag is Kind.END_OF_MIB:
                return good, spoilt, False
            if index <= last:
                return good, spoilt, True
            last = index
            fits = tag in (OCTETS if kind is ColumnKind.OCTETS else NUMBERS) and len(index) == arity
            if fits and kind is not ColumnKind.OCTETS:
                assert isinstance(value, int)
                fits = value < 2**63 if kind is ColumnKind.INTEGER else value >= 0
            if fits:
                good[index] = value
            else:
                spoilt.add(index)
    return good, spoilt, False


def replies(table: list[tuple[Oid, Any]], cuts: list[int]) -> list[bytes]:
    """The table in replies of these sizes, as different agents cut it."""
    found, at = [], 0
    for turn, size in enumerate([*cuts, len(table)]):
        part = table[at : at + size]
        at += size
        if part:
            found.append(response(turn, part))
    return found


def agrees(result: ColumnResult | None, datagrams: list[bytes], kind: ColumnKind, arity: int) -> None:
    good, spoilt, broken = expected(datagrams, kind, arity)
    assert result is not None
    assert rows(result) == good
    assert set(result.spoilt) == spoilt
    if broken:
        assert result.gap is Reason.MALFORMED


@given(
    table=st.dictionaries(st.tuples(ARC), VALUE, min_size=1, max_size=40),
    cuts=st.lists(st.integers(1, 9), max_size=6),
    kind=KINDS,
)
def test_a_column_of_any_values_is_read_as_pyasn1_reads_it(
    table: dict[Oid, Any], cuts: list[int], kind: ColumnKind
) -> None:
    ordered = [((*COLUMN, *index), value) for index, value in sorted(table.items())]
    datagrams = replies([*ordered, ((*NEXT, 1), v2c.Integer(1))], cuts)
    agrees(fed(ColumnRequest(COLUMN, kind), datagrams), datagrams, kind, 1)


@given(
    table=st.dictionaries(st.lists(ARC, min_size=1, max_size=4).map(tuple), NUMBER, min_size=1, max_size=30),
    arity=st.integers(1, 4),
)
def test_an_index_of_any_length_is_read_as_pyasn1_reads_it(table: dict[Oid, Any], arity: int) -> None:
    datagrams = replies([((*COLUMN, *index), value) for index, value in sorted(table.items())], [7, 7])
    agrees(fed(ColumnRequest(COLUMN, index_arity=arity), datagrams), datagrams, ColumnKind.INTEGER, arity)


@given(
    indexes=st.lists(st.tuples(st.integers(0, 300)), min_size=1, max_size=25),
    cuts=st.lists(st.integers(1, 9), max_size=6),
)
def test_names_in_any_order_never_give_a_row_beyond_the_first_that_goes_back(
    indexes: list[Oid], cuts: list[int]
) -> None:
    """Reordered, repeated and looping names: a prefix of what a plain loop takes, and a reason where it ends early."""
    table = [((*COLUMN, *index), v2c.Integer(place)) for place, index in enumerate(indexes)]
    datagrams = replies(table, cuts)
    found = fed(ColumnRequest(COLUMN), datagrams)
    assert found is not None
    good, _, broken = expected(datagrams, ColumnKind.INTEGER, 1)
    assert list(rows(found).items()) == list(good.items())[: len(found.index)]
    if broken or len(found.index) < len(good):
        assert found.gap is not None


@given(
    table=st.dictionaries(st.tuples(st.integers(1, 70000)), VALUE, min_size=1, max_size=12),
    kind=KINDS,
    data=st.data(),
)
@settings(max_examples=300)
def test_a_damaged_reply_is_refused_or_read_as_pyasn1_reads_it(
    table: dict[Oid, Any], kind: ColumnKind, data: st.DataObject
) -> None:
    whole = response(1, [((*COLUMN, *index), value) for index, value in sorted(table.items())])
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    datagram = bytes(damaged)
    found = fed(ColumnRequest(COLUMN, kind), [datagram])
    if found is None or not len(found.index):
        return
    try:
        good, _, _ = expected([datagram], kind, 1)
    except (DeviceProtocolError, TypeError):
        return  # pyasn1 refuses the whole for one variable, where the column loses a row
    for index, value in rows(found).items():
        assert good[index] == value


@given(
    table=st.dictionaries(st.tuples(st.integers(1, 70000)), VALUE, min_size=1, max_size=12),
    share=st.floats(0, 1, exclude_max=True),
    kind=KINDS,
)
def test_a_truncated_reply_is_never_believed(table: dict[Oid, Any], share: float, kind: ColumnKind) -> None:
    whole = response(1, [((*COLUMN, *index), value) for index, value in sorted(table.items())])
    assert fed(ColumnRequest(COLUMN, kind), [whole[: int(len(whole) * share)]]) is None


@given(table=st.dictionaries(st.tuples(ARC), NUMBER, min_size=1, max_size=20), times=st.integers(2, 3))
def test_a_reply_given_twice_is_a_loop_and_keeps_what_came(table: dict[Oid, Any], times: int) -> None:
    datagrams = replies([((*COLUMN, *index), value) for index, value in sorted(table.items())], []) * times
    found = fed(ColumnRequest(COLUMN), datagrams)
    good, _, _ = expected(datagrams[:1], ColumnKind.INTEGER, 1)
    assert found is not None
    assert rows(found) == good
    last_index_of_all = (2**32 - 1,) in table
    assert found.gap is Reason.MALFORMED or last_index_of_all


def test_absences_are_absences() -> None:
    table = [((*COLUMN, 1), v2c.NoSuchInstance("")), ((*COLUMN, 2), v2c.Integer(1))]
    found = fed(ColumnRequest(COLUMN), [response(1, table)])
    assert found is not None
    assert dict(found.spoilt) == {(1,): Reason.NOT_SUPPORTED}
    assert Kind.NO_SUCH_INSTANCE in ABSENT
