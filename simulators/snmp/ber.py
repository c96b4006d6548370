"""BER values and OIDs of SNMP (X.690 restricted as in RFC 3417 section 8): what goes inside a message.

Strict on purpose: a simulator that guesses would hide the faults of its clients. Everything wrong is a `BerError`.
"""

from __future__ import annotations

from functools import lru_cache

Oid = tuple[int, ...]

INTEGER = 0x02
OCTET_STRING = 0x04
NULL_TAG = 0x05
OBJECT_ID = 0x06
SEQUENCE = 0x30
IP_ADDRESS = 0x40
COUNTER32 = 0x41
GAUGE32 = 0x42
TIMETICKS = 0x43
COUNTER64 = 0x46

NULL = b"\x05\x00"
NO_SUCH_OBJECT = b"\x80\x00"  # RFC 3416 section 3, exception values
NO_SUCH_INSTANCE = b"\x81\x00"
END_OF_MIB_VIEW = b"\x82\x00"

_MAX_ARC = 0xFFFFFFFF  # RFC 2578 3.5: a sub-identifier has 32 bits
_MAX_ARCS = 128  # RFC 2578 3.5
_OCTET = tuple(bytes((n,)) for n in range(256))


class BerError(Exception):
    """Octets that are not the SNMP message, value or OID that they should be.

    Attributes:
        detail: What is wrong; never the content, which may hold a community.
    """

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


def tlv(tag: int, content: bytes) -> bytes:
    """One type-length-value; the definite short form where it fits, else the shortest long form."""
    size = len(content)
    if size < 0x80:
        return _OCTET[tag] + _OCTET[size] + content
    if size < 0x100:
        return _OCTET[tag] + b"\x81" + _OCTET[size] + content
    if size < 0x10000:
        return _OCTET[tag] + b"\x82" + size.to_bytes(2, "big") + content
    return _OCTET[tag] + b"\x83" + size.to_bytes(3, "big") + content


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Read a type and a length at ``at``: the tag, where the content begins and where it stops (at most ``end``)."""
    if at + 2 > end:
        raise BerError("truncated before a length")
    tag, size = data[at], data[at + 1]
    start = at + 2
    if tag & 0x1F == 0x1F:
        raise BerError("a tag of several octets")
    if size >= 0x80:
        octets = size & 0x7F
        if not 1 <= octets <= 4:  # 0x80 is the indefinite form, which RFC 3417 section 8 (1) forbids
            raise BerError("an indefinite or oversized length")
        if start + octets > end:
            raise BerError("truncated inside a length")
        size = int.from_bytes(data[start : start + octets], "big")
        start += octets
    if start + size > end:
        raise BerError("a content longer than what holds it")
    return tag, start, start + size


def expect(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Read a header that must carry ``tag``: where its content begins and where it stops."""
    found, start, stop = header(data, at, end)
    if found != tag:
        raise BerError(f"tag {found:#04x} where {tag:#04x} belongs")
    return start, stop


def decode_integer(content: bytes) -> int:
    """The value of an INTEGER of the range of RFC 2578 Integer32.

    Some libraries pad some values with one octet more than X.690 8.3.2 allows: what counts is the range.
    """
    value = int.from_bytes(content, "big", signed=True)
    if not content or len(content) > 8 or not -0x80000000 <= value <= 0x7FFFFFFF:
        raise BerError("an INTEGER without octets, or beyond 32 bits")
    return value


@lru_cache(maxsize=32768)
def decode_oid(content: bytes) -> Oid:
    """The arcs of an OBJECT IDENTIFIER, from its content octets (X.690 8.19)."""
    if not content or content[-1] & 0x80:
        raise BerError("an OBJECT IDENTIFIER without octets, or cut inside an arc")
    arcs: list[int] = []
    value, fresh = 0, True
    for octet in content:
        if fresh and octet == 0x80:
            raise BerError("an arc padded with zeros")
        value = value << 7 | octet & 0x7F
        fresh = octet < 0x80
        if fresh:
            arcs.append(value)
            value = 0
    first = arcs[0]
    top = min(first // 40, 2)
    result = (top, first - 40 * top, *arcs[1:])
    if len(result) > _MAX_ARCS or max(result) > _MAX_ARC:
        raise BerError("an OBJECT IDENTIFIER beyond 128 arcs or 32 bits an arc")
    return result


def encode_arcs(arcs: Oid) -> bytes:
    """Content octets of arcs that follow the first two: 7 bits an octet, the last without the high bit."""
    out = bytearray()
    for arc in arcs:
        if arc < 0x80:
            out.append(arc)
            continue
        shift = (arc.bit_length() - 1) // 7 * 7
        while shift:
            out.append(arc >> shift & 0x7F | 0x80)
            shift -= 7
        out.append(arc & 0x7F)
    return bytes(out)


def encode_oid(oid: Oid) -> bytes:
    """Content octets of an OBJECT IDENTIFIER of at least two arcs."""
    if not 2 <= len(oid) <= _MAX_ARCS or oid[0] > 2 or (oid[0] < 2 and oid[1] > 39):
        raise BerError("not an OBJECT IDENTIFIER: first arcs out of range, or more than 128 arcs")
    if min(oid) < 0 or max(oid) > _MAX_ARC or oid[1] > _MAX_ARC - 80:
        raise BerError("an arc outside 0..4294967295")
    return encode_arcs((oid[0] * 40 + oid[1], *oid[2:]))


def parse_oid(text: str) -> Oid:
    """Read ``1.3.6.1``, with or without a leading dot; raises `BerError`."""
    parts = text.removeprefix(".").split(".")
    if not all(part.isascii() and part.isdecimal() and len(part) <= 10 for part in parts):
        raise BerError("not a dotted OBJECT IDENTIFIER")
    oid = tuple(int(part) for part in parts)
    encode_oid(oid)
    return oid


def _signed(value: int) -> bytes:
    return value.to_bytes((value if value >= 0 else value + 1).bit_length() // 8 + 1, "big", signed=True)


_SMALL = tuple(tlv(INTEGER, _signed(n)) for n in range(256))


def integer(value: int) -> bytes:
    """An INTEGER, two's complement in the fewest octets (−9680 is ``02 02 DA 30``)."""
    if 0 <= value < 256:
        return _SMALL[value]
    if not -0x80000000 <= value <= 0x7FFFFFFF:
        raise BerError("an INTEGER outside 32 bits")
    return tlv(INTEGER, _signed(value))


def unsigned(tag: int, value: int) -> bytes:
    """A Counter32, Gauge32, TimeTicks or Counter64; raises `BerError` out of its range."""
    if not 0 <= value <= (0xFFFFFFFFFFFFFFFF if tag == COUNTER64 else _MAX_ARC):
        raise BerError("an unsigned value out of its range")
    return tlv(tag, _signed(value))


def octets(value: bytes) -> bytes:
    """An OCTET STRING."""
    return tlv(OCTET_STRING, value)


def text(value: str) -> bytes:
    """An OCTET STRING of text (DisplayString of RFC 2579), UTF-8 beyond ASCII."""
    return tlv(OCTET_STRING, value.encode())


def oid_value(oid: Oid) -> bytes:
    """An OBJECT IDENTIFIER as a value."""
    return tlv(OBJECT_ID, encode_oid(oid))


def ip_address(value: bytes) -> bytes:
    """An IpAddress of 4 octets."""
    if len(value) != 4:
        raise BerError("an IpAddress that has not 4 octets")
    return tlv(IP_ADDRESS, value)
