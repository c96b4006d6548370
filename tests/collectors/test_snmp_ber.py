from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysnmp.proto.api import v2c

from collectors.snmp import ber, fallback
from collectors.snmp.values import Kind
from domain.errors import DeviceProtocolError
from domain.reading import Reason
from tests.collectors.olt_kit import parse_request, response

SUBID = st.one_of(st.integers(0, 300), st.integers(0, 0xFFFFFFFF))
OIDS = st.builds(
    lambda a, b, rest: (a, b if a < 2 else b * 7, *rest),
    st.integers(0, 2),
    st.integers(0, 39),
    st.lists(SUBID, min_size=1, max_size=20),
)
VALUES = st.one_of(
    st.integers(-(1 << 31), (1 << 31) - 1).map(v2c.Integer),
    st.integers(0, (1 << 32) - 1).map(v2c.Counter32),
    st.integers(0, (1 << 32) - 1).map(v2c.Gauge32),
    st.integers(0, (1 << 32) - 1).map(v2c.TimeTicks),
    st.integers(0, (1 << 64) - 1).map(v2c.Counter64),
    st.binary(max_size=300).map(v2c.OctetString),
    st.binary(max_size=20).map(v2c.Opaque),
    st.binary(min_size=4, max_size=4).map(v2c.IpAddress),
    OIDS.map(v2c.ObjectIdentifier),
    st.sampled_from([v2c.null, v2c.NoSuchObject(""), v2c.NoSuchInstance(""), v2c.EndOfMibView("")]),
)
VARBINDS = st.lists(st.tuples(OIDS, VALUES), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.integers(-(1 << 31), (1 << 31) - 1), VARBINDS, st.integers(0, 18), st.integers(0, 12))
def test_any_valid_response_reads_as_pyasn1_reads_it(request_id, varbinds, status, index) -> None:
    datagram = response(request_id, varbinds, status, index)

    assert ber.decode_response(datagram) == fallback.decode_response(datagram)


@settings(max_examples=150, deadline=None)
@given(VARBINDS, st.data())
def test_a_truncated_response_is_never_half_read(varbinds, data) -> None:
    whole = response(7, varbinds)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]

    with pytest.raises(ber.UnrecognisedError):
        ber.decode_response(cut)
    with pytest.raises(DeviceProtocolError):
        fallback.decode_response(cut)


@settings(max_examples=300, deadline=None)
@given(VARBINDS, st.data())
def test_a_response_with_a_flipped_octet_never_reads_otherwise_than_pyasn1(varbinds, data) -> None:
    broken = bytearray(response(7, varbinds))
    at = data.draw(st.integers(0, len(broken) - 1))
    broken[at] = data.draw(st.integers(0, 255))
    try:
        fast = ber.decode_response(bytes(broken))
    except ber.UnrecognisedError:
        return
    if any(varbind.kind is Kind.FAILED for varbind in fast.varbinds):
        return  # pyasn1 refuses the whole message where one value does not fit its type
    assert fast == fallback.decode_response(bytes(broken))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_octets_are_refused_without_any_other_error(datagram) -> None:
    with pytest.raises(ber.UnrecognisedError):
        ber.decode_response(datagram)
    with pytest.raises(DeviceProtocolError):
        fallback.decode_response(datagram)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, (1 << 31) - 1), st.lists(OIDS, min_size=1, max_size=60))
def test_a_get_is_what_pyasn1_expects(request_id, oids) -> None:
    request = parse_request(ber.encode_get(b"public", request_id, oids))

    assert (request.request_id, request.oids, request.is_bulk) == (request_id, oids, False)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, (1 << 31) - 1), st.lists(OIDS, min_size=1, max_size=4), st.integers(1, 500))
def test_a_getbulk_is_what_pyasn1_expects(request_id, starts, repetitions) -> None:
    request = parse_request(ber.encode_bulk(b"public", request_id, starts, repetitions))

    assert (request.request_id, request.oids, request.is_bulk) == (request_id, starts, True)
    assert (request.second, request.third) == (0, repetitions)


def test_a_counter_that_is_negative_spoils_itself_only() -> None:
    oid = (1, 3, 6, 1, 2, 1, 1, 1, 0)
    datagram = response(7, [(oid, v2c.Counter32(5)), (oid, v2c.Integer(3))])
    spoilt = datagram.replace(b"\x41\x01\x05", b"\x41\x01\xff")

    first, second = ber.decode_response(spoilt).varbinds

    assert (first.kind, first.value) == (Kind.FAILED, Reason.MALFORMED)
    assert (second.kind, second.value) == (Kind.INTEGER, 3)


def test_long_lengths_and_zero_padding_of_some_agents_are_read() -> None:
    oid = (1, 3, 6, 1, 2, 1, 1, 1, 0)
    datagram = response(7, [(oid, v2c.Integer(3))])
    padded = b"\x30\x82\x00" + datagram[1:]  # net-snmp writes its lengths on two octets

    assert ber.decode_response(padded).varbinds == ber.decode_response(datagram).varbinds


def test_an_indefinite_length_goes_to_pyasn1() -> None:
    datagram = response(7, [((1, 3, 6, 1), v2c.Integer(3))])
    indefinite = b"\x30\x80" + datagram[2:] + b"\x00\x00"

    with pytest.raises(ber.UnrecognisedError):
        ber.decode_response(indefinite)
    assert fallback.decode_response(indefinite) == ber.decode_response(datagram)
