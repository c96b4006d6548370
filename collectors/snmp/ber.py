"""A strict, fast codec of the SNMP v2c messages that live reads and walks exchange.

It encodes GET and GETBULK and decodes Response PDUs whose lengths are definite and whose tags are those of RFC 3416.
Everything else raises `UnrecognisedError`: the caller hands it to pyasn1 (`collectors.snmp.fallback`), which is some
40 times slower but complete. A value whose octets do not fit its type (a negative Counter32) spoils itself, not the
message: it is decoded as `Kind.FAILED` with the reason ``malformed``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from collectors.snmp.values import Kind, Oid, Response, Value, VarBind
from domain.errors import DiagnosticsError
from domain.reading import Reason

_SEQUENCE = 0x30
_GET, _RESPONSE, _GETBULK = 0xA0, 0xA2, 0xA5
_VERSION_2C = b"\x02\x01\x01"
_NULL = b"\x05\x00"
_EMPTY_KINDS = {
    0x05: Kind.NULL,
    0x80: Kind.NO_SUCH_OBJECT,
    0x81: Kind.NO_SUCH_INSTANCE,
    0x82: Kind.END_OF_MIB,
}
_OCTET_KINDS = {0x04: Kind.OCTETS, 0x40: Kind.IP_ADDRESS, 0x44: Kind.OPAQUE}
_INT32 = (-(1 << 31), (1 << 31) - 1)
# tag -> kind, lowest value, highest value (RFC 2578 7.1)
_NUMBER_KINDS = {
    0x02: (Kind.INTEGER, *_INT32),
    0x41: (Kind.COUNTER32, 0, (1 << 32) - 1),
    0x42: (Kind.GAUGE32, 0, (1 << 32) - 1),
    0x43: (Kind.TIME_TICKS, 0, (1 << 32) - 1),
    0x46: (Kind.COUNTER64, 0, (1 << 64) - 1),
}
_INDEX_OCTETS = 6  # an ifIndex and a small number
_MOST_ARCS = 128  # RFC 2578 3.5
_LONGEST_NUMBER = 9  # octets of the largest Counter64, with its leading zero
_LONGEST_HEADER_NUMBER = 5  # 32 bits, with the octet of padding that some encoders add


class UnrecognisedError(DiagnosticsError):
    """The datagram is not of the shape that this codec knows."""


def encode_length(size: int) -> bytes:
    """Length octets, definite form, the fewest."""
    if size < 0x80:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def _tlv(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + encode_length(len(content)) + content


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def encode_subidentifier(value: int) -> bytes:
    """One sub-identifier, 7 bits an octet."""
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(0x80 | (value & 0x7F))
    return bytes(reversed(octets))


@lru_cache(maxsize=8192)
def _arc(value: int) -> bytes:
    return encode_subidentifier(value)


@lru_cache(maxsize=8192)
def _stem(oid: Oid) -> bytes:
    return encode_subidentifier(oid[0] * 40 + oid[1]) + b"".join(map(encode_subidentifier, oid[2:]))


def _null_varbind(oid: Oid) -> bytes:
    """A name without value: its column, which many names share, and the two last numbers of its index apart."""
    content = _stem(oid[:-2]) + _arc(oid[-2]) + _arc(oid[-1]) if len(oid) > 3 else _stem(oid)
    size = len(content)
    if size < 0x7C:
        return bytes((_SEQUENCE, size + 4, 0x06, size)) + content + _NULL
    return _tlv(_SEQUENCE, _tlv(0x06, content) + _NULL)


def _pdu(tag: int, header: tuple[int, int, int], oids: Sequence[Oid]) -> bytes:
    varbinds = _tlv(_SEQUENCE, b"".join(map(_null_varbind, oids)))
    return _tlv(tag, b"".join(map(_integer, header)) + varbinds)


def get_pdu(request_id: int, oids: Sequence[Oid]) -> bytes:
    """A GetRequest PDU (RFC 3416 4.2.1)."""
    return _pdu(_GET, (request_id, 0, 0), oids)


def bulk_pdu(request_id: int, starts: Sequence[Oid], max_repetitions: int, non_repeaters: int = 0) -> bytes:
    """A GetBulkRequest PDU (RFC 3416 4.2.3); the first ``non_repeaters`` names are asked for one successor each."""
    return _pdu(_GETBULK, (request_id, non_repeaters, max_repetitions), starts)


def _message(community: bytes, pdu: bytes) -> bytes:
    return _tlv(_SEQUENCE, _VERSION_2C + _tlv(0x04, community) + pdu)


def encode_get(community: bytes, request_id: int, oids: Sequence[Oid]) -> bytes:
    """A GetRequest in a v2c message."""
    return _message(community, get_pdu(request_id, oids))


def encode_bulk(community: bytes, request_id: int, starts: Sequence[Oid], max_repetitions: int) -> bytes:
    """A GetBulkRequest in a v2c message."""
    return _message(community, bulk_pdu(request_id, starts, max_repetitions))


def _header(data: bytes, pos: int, end: int, tag: int) -> tuple[int, int]:
    """Bounds of the content of the element at ``pos``, which must carry ``tag`` and end by ``end``."""
    if data[pos] != tag:
        raise UnrecognisedError
    size = data[pos + 1]
    start = pos + 2
    if size >= 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4:
            raise UnrecognisedError
        start += count
        size = int.from_bytes(data[pos + 2 : start], "big")
    if start + size > end:
        raise UnrecognisedError
    return start, start + size


def _number(data: bytes, pos: int, end: int, lowest: int = 0) -> tuple[int, int]:
    """An INTEGER of the PDU header, ``lowest`` or more, and where the next element begins."""
    start, stop = _header(data, pos, end, 0x02)
    if not 1 <= stop - start <= _LONGEST_HEADER_NUMBER:
        raise UnrecognisedError
    value = int.from_bytes(data[start:stop], "big", signed=True)
    if not lowest <= value <= _INT32[1]:
        raise UnrecognisedError
    return value, stop


def _oid(content: bytes) -> Oid:
    """An object identifier: the column, which many names share, and the octets of its index apart."""
    cut = len(content) - _INDEX_OCTETS
    while cut > 0 and content[cut - 1] & 0x80:
        cut -= 1
    found = _column(content[:cut]) + _index(content[cut:]) if cut > 0 else _column(content)
    if len(found) > _MOST_ARCS:
        raise UnrecognisedError
    return found


@lru_cache(maxsize=8192)
def _column(content: bytes) -> Oid:
    first, *others = _arcs(content)
    head = (0, first) if first < 40 else (1, first - 40) if first < 80 else (2, first - 80)
    return (*head, *others)


@lru_cache(maxsize=8192)
def _index(content: bytes) -> Oid:
    return tuple(_arcs(content))


def _arcs(content: bytes) -> list[int]:
    if not content or content[-1] & 0x80:
        raise UnrecognisedError
    parts: list[int] = []
    value = 0
    for octet in content:
        if octet < 0x80:
            parts.append(value << 7 | octet)
            value = 0
        elif value == 0 and octet == 0x80:  # padded sub-identifier
            raise UnrecognisedError
        else:
            value = value << 7 | octet & 0x7F
    if max(parts) > 0xFFFFFFFF:
        raise UnrecognisedError
    return parts


def _value(tag: int, content: bytes) -> tuple[Kind, Value]:
    number = _NUMBER_KINDS.get(tag)
    if number is not None:
        kind, lowest, highest = number
        if not 1 <= len(content) <= _LONGEST_NUMBER:
            raise UnrecognisedError
        value = int.from_bytes(content, "big", signed=True)
        return (kind, value) if lowest <= value <= highest else (Kind.FAILED, Reason.MALFORMED)
    octets = _OCTET_KINDS.get(tag)
    if octets is not None:
        wrong = octets is Kind.IP_ADDRESS and len(content) != 4
        return (Kind.FAILED, Reason.MALFORMED) if wrong else (octets, content)
    if tag == 0x06:
        return Kind.OID, _oid(content)
    empty = _EMPTY_KINDS.get(tag)
    if empty is None or content:
        raise UnrecognisedError
    return empty, None


def _varbinds(data: bytes, pos: int, end: int) -> list[VarBind]:
    found: list[VarBind] = []
    while pos < end:
        size, name_size = data[pos + 1], data[pos + 3]
        stop, name_stop = pos + 2 + size, pos + 4 + name_size
        if (  # the usual case: short lengths, all consistent
            data[pos] == _SEQUENCE
            and data[pos + 2] == 0x06
            and size < 0x80
            and name_size + 4 <= size
            and stop <= end
            and data[name_stop + 1] == size - name_size - 4
        ):
            kind, value = _value(data[name_stop], data[name_stop + 2 : stop])
            found.append(VarBind(_oid(data[pos + 4 : name_stop]), kind, value))
            pos = stop
            continue
        start, stop = _header(data, pos, end, _SEQUENCE)
        name_start, name_stop = _header(data, start, stop, 0x06)
        if name_stop >= stop:
            raise UnrecognisedError
        tag = data[name_stop]
        value_start, value_stop = _header(data, name_stop, stop, tag)
        if value_stop != stop:
            raise UnrecognisedError
        kind, value = _value(tag, data[value_start:value_stop])
        found.append(VarBind(_oid(data[name_start:name_stop]), kind, value))
        pos = stop
    return found


def decode_response(data: bytes) -> Response:
    """Read a Response message; raises `UnrecognisedError` for anything else."""
    try:
        start, end = _header(data, 0, len(data), _SEQUENCE)
        if end != len(data) or data[start : start + 3] != _VERSION_2C:
            raise UnrecognisedError
        community_start, community_end = _header(data, start + 3, end, 0x04)
        pdu_start, pdu_end = _header(data, community_end, end, _RESPONSE)
        request_id, pos = _number(data, pdu_start, pdu_end, _INT32[0])
        status, pos = _number(data, pos, pdu_end)
        index, pos = _number(data, pos, pdu_end)
        list_start, list_end = _header(data, pos, pdu_end, _SEQUENCE)
        if not list_end == pdu_end == end:
            raise UnrecognisedError
        varbinds = _varbinds(data, list_start, list_end)
    except IndexError as error:
        raise UnrecognisedError from error
    return Response(data[community_start:community_end], request_id, status, index, varbinds)
