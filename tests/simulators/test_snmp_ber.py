"""The agents' BER codec against pyasn1, and against octets that are no SNMP at all."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pyasn1.type.univ import Integer, ObjectIdentifier, OctetString

from simulators.snmp import ber
from simulators.snmp.message import decode_request
from simulators.snmp.mib import FlatMib
from simulators.snmp.responder import Responder
from tests.simulators.snmp_client import V1, V2C, decode, encode

ARC = st.integers(0, 0xFFFFFFFF)
OIDS = st.one_of(
    st.tuples(st.integers(0, 1), st.integers(0, 39)), st.tuples(st.just(2), st.integers(0, 0xFFFFFFFF - 80))
).flatmap(lambda head: st.lists(ARC, max_size=20).map(lambda tail: (*head, *tail)))

MIB = FlatMib([((1, 3, 6, 1, 2, 1, 1, n, 0), ber.integer(-n)) for n in range(1, 40)])


def responder() -> Responder:
    return Responder(lambda: MIB, "public")


@settings(deadline=None)
@given(st.integers(-(2**31), 2**31 - 1))
@example(-128)
@example(-9680)
def test_integers_read_back_in_both_codecs(value: int) -> None:
    assert decoder.decode(ber.integer(value))[0] == value
    assert ber.decode_integer(ber.integer(value)[2:]) == value
    assert ber.decode_integer(encoder.encode(Integer(value))[2:]) == value  # pyasn1 pads some negative values


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "0080"),
        (-1, "ff"),
        (-128, "80"),
        (-129, "ff7f"),
        (-9680, "da30"),
        (32768, "008000"),
    ],
)
def test_integers_take_the_fewest_octets(value: int, octets: str) -> None:
    content = bytes.fromhex(octets)
    assert ber.integer(value) == bytes((2, len(content))) + content


@pytest.mark.parametrize("content", ["", "0080000000", "ff7fffffff", "000000000000000000"])
def test_an_integer_without_octets_or_beyond_32_bits_is_not_read(content: str) -> None:
    with pytest.raises(ber.BerError):
        ber.decode_integer(bytes.fromhex(content))


@settings(deadline=None)
@given(st.integers(0, 2**64 - 1))
def test_unsigned_values_keep_their_sign_octet(value: int) -> None:
    assert ber.unsigned(ber.COUNTER64, value)[1:] == encoder.encode(Integer(value))[1:]


@settings(deadline=None)
@given(OIDS)
def test_oids_are_encoded_as_pyasn1_does_and_read_back(oid: ber.Oid) -> None:
    content = ber.encode_oid(oid)
    assert ber.tlv(ber.OBJECT_ID, content) == encoder.encode(ObjectIdentifier(oid))
    assert ber.decode_oid(content) == oid
    assert ber.parse_oid(".".join(str(arc) for arc in oid)) == oid


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths_of_any_size_read_back(size: int) -> None:
    coded = ber.octets(b"x" * size)
    assert coded == encoder.encode(OctetString(b"x" * size))
    assert ber.header(coded, 0, len(coded))[2] == len(coded)


@pytest.mark.parametrize("value", [-(2**31) - 1, 2**31])
def test_an_integer_beyond_32_bits_is_refused(value: int) -> None:
    with pytest.raises(ber.BerError):
        ber.integer(value)


@pytest.mark.parametrize(
    ("tag", "value"), [(ber.COUNTER32, -1), (ber.GAUGE32, 2**32), (ber.TIMETICKS, 2**32), (ber.COUNTER64, 2**64)]
)
def test_an_unsigned_value_out_of_range_is_refused(tag: int, value: int) -> None:
    with pytest.raises(ber.BerError):
        ber.unsigned(tag, value)


@pytest.mark.parametrize(
    "oid", [(), (1,), (3, 1), (1, 40), (1, 3, -1), (1, 3, 2**32), (2, 2**32 - 1), (1, 3) + (1,) * 127]
)
def test_what_is_no_oid_is_not_encoded(oid: ber.Oid) -> None:
    with pytest.raises(ber.BerError):
        ber.encode_oid(oid)


@pytest.mark.parametrize("content", ["", "80", "2b80", "2b8001", "2b9080808000", "2bffffffff7f"])
def test_what_is_no_oid_is_not_decoded(content: str) -> None:
    with pytest.raises(ber.BerError):
        ber.decode_oid(bytes.fromhex(content))


def test_an_ip_address_has_4_octets() -> None:
    assert ber.ip_address(bytes((10, 0, 0, 1))) == b"\x40\x04\x0a\x00\x00\x01"
    with pytest.raises(ber.BerError):
        ber.ip_address(b"\x0a")


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_random_octets_are_a_typed_error_and_nothing_else(data: bytes) -> None:
    agent = responder()
    try:
        decode_request(data)
    except ber.BerError:
        assert agent.answer(data) is None
        assert agent.stats.malformed == 1


REQUESTS = st.builds(
    encode,
    st.sampled_from(["GetRequestPDU", "GetNextRequestPDU", "SetRequestPDU", "GetBulkRequestPDU"]),
    st.lists(OIDS.map(lambda oid: ".".join(str(arc) for arc in oid)), max_size=6),
    request_id=st.integers(-(2**31), 2**31 - 1),
    a=st.integers(0, 4),
    b=st.integers(0, 30),
)


@settings(deadline=None)
@given(REQUESTS)
def test_every_good_request_gets_an_answer_that_pyasn1_reads(request: bytes) -> None:
    answer = responder().answer(request)
    assert answer is not None
    decode(answer)


@settings(deadline=None)
@given(REQUESTS, st.data())
def test_a_damaged_request_is_dropped_or_answered_but_never_crashes_the_agent(
    request: bytes, data: st.DataObject
) -> None:
    damaged = bytearray(request)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    agent = responder()
    for datagram in (bytes(damaged), bytes(damaged[:cut]), bytes(damaged) + b"\x00"):
        agent.answer(datagram)
    assert agent.stats.requests == 3


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x85\x00\x00\x00\x00\x00",
        b"\x1f\x81\x01\x00",
        encode("GetRequestPDU", ["1.3.6.1"])[:-1],
        encode("GetRequestPDU", ["1.3.6.1"]) + b"\x00",
        encode("GetRequestPDU", ["1.3.6.1"]).replace(b"\x02\x01\x01\x04", b"\x02\x01\x03\x04"),
        encode("ResponsePDU", ["1.3.6.1"]),
        encode("SNMPv2TrapPDU", ["1.3.6.1"]),
        encode("GetBulkRequestPDU", ["1.3.6.1"], b=3).replace(b"\x02\x01\x01\x04", b"\x02\x01\x00\x04"),
    ],
)
def test_what_is_no_request_is_counted_and_dropped(datagram: bytes) -> None:
    agent = responder()
    assert agent.answer(datagram) is None
    assert (agent.stats.malformed, agent.stats.pdus) == (1, {})


def test_a_length_in_an_unneeded_long_form_is_accepted() -> None:
    plain = encode("GetRequestPDU", ["1.3.6.1.2.1.1.1.0"])
    agent = responder()
    long_form = b"\x30\x82" + (len(plain) - 2).to_bytes(2, "big") + plain[2:]
    assert agent.answer(long_form) == agent.answer(plain)


def test_both_versions_are_told_apart() -> None:
    assert decode_request(encode("GetRequestPDU", ["1.3.6.1"], version=V1)).version == 0
    assert decode_request(encode("GetRequestPDU", ["1.3.6.1"], version=V2C)).version == 1
