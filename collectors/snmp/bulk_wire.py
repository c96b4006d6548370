"""What a column reader puts on the wire and takes from it: GETBULK requests of one name, and the frame of replies.

The variables of a reply are not decoded here: `frame` finds where their list lies, `boundaries` where each begins.
Both are strict (definite lengths, all of them consistent) and raise `UnrecognisedError` for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from collectors.snmp.ber import UnrecognisedError, encode_length, encode_subidentifier
from collectors.snmp.values import Oid

V2C, V3 = b"\x02\x01\x01", b"\x02\x01\x03"
_LENGTH = rb"([\x00-\x7f]|\x81.|\x82..)"
_PDU = re.compile(
    rb"\xa2" + _LENGTH + rb"\x02(\x01.|\x02..|\x03...|\x04....)\x02\x01(.)\x02(?:\x01(.)|\x02(..))\x30" + _LENGTH,
    re.DOTALL,
)


def size_of(length: bytes) -> int:
    """The number that the length octets of an element give."""
    return length[0] if len(length) == 1 else int.from_bytes(length[1:], "big")


def header_end(data: bytes, pos: int) -> tuple[int, int]:
    """Where the content of the element at ``pos`` begins, and where it ends by its own length."""
    size = data[pos + 1]
    if size < 0x80:
        return pos + 2, pos + 2 + size
    start = pos + 2 + (size & 0x7F)
    if size not in {0x81, 0x82}:
        raise UnrecognisedError
    return start, start + int.from_bytes(data[pos + 2 : start], "big")


def frame(data: bytes, pos: int = 0) -> tuple[int, int, int, bytes]:
    """Request-id, error-status, error-index and variable list of the Response PDU that fills ``data`` from ``pos``."""
    found = _PDU.match(data, pos)
    if found is None:
        raise UnrecognisedError
    outer, number, status, short_index, long_index, inner = found.groups()
    end = len(data)
    if found.end() + size_of(inner) != end or found.start(2) - 1 + size_of(outer) != end:
        raise UnrecognisedError
    index = short_index or long_index
    return int.from_bytes(number[1:], "big", signed=True), status[0], int.from_bytes(index, "big"), data[found.end() :]


def community_frame(data: bytes) -> tuple[bytes, int]:
    """Community of a v2c message, and where its PDU begins."""
    start, end = header_end(data, 0)
    if data[0] != 0x30 or end != len(data) or data[start : start + 4] != b"\x02\x01\x01\x04":
        raise UnrecognisedError
    first, last = header_end(data, start + 3)
    return data[first:last], last


def boundaries(body: bytes) -> Sequence[int]:
    """Where each variable of a list begins; they follow one another without holes up to the end of ``body``.

    Variables of one size, the usual case, are proved in four operations whatever their number: each has the tag and
    the length of the first, and the first begins at 0.
    """
    size = len(body)
    if size < 2:
        raise UnrecognisedError
    stride = body[1] + 2
    count, rest = divmod(size, stride)
    if not rest and stride < 130 and body[::stride] == b"\x30" * count and body[1::stride] == body[1:2] * count:
        return range(0, size, stride)
    found: list[int] = []
    append = found.append
    pos = 0
    try:
        while pos < size:
            if body[pos] != 0x30:
                raise UnrecognisedError
            append(pos)
            step = body[pos + 1]
            if step < 0x80:
                pos += step + 2
            else:
                pos = header_end(body, pos)[1]
    except IndexError as error:
        raise UnrecognisedError from error
    if pos != size:
        raise UnrecognisedError
    return found


def name_of(body: bytes, start: int) -> tuple[int, int]:
    """Bounds of the content of the name of the variable at ``start``; names beyond 127 octets are not read."""
    pos = start + 2 if body[start + 1] < 0x80 else header_end(body, start)[0]
    if body[pos] != 0x06:
        raise UnrecognisedError
    end = pos + 2 + body[pos + 1]
    if body[pos + 1] >= 0x80 or end >= len(body):
        raise UnrecognisedError
    return pos + 2, end


def decode_arcs(content: bytes) -> Oid:
    """Sub-identifiers from their octets: 32 bits each, no padding."""
    arcs: list[int] = []
    value = 0
    for octet in content:
        if octet < 0x80:
            arcs.append(value << 7 | octet)
            value = 0
        else:
            if value == 0 and octet == 0x80:
                raise UnrecognisedError
            value = value << 7 | octet & 0x7F
    if value or not content or content[-1] >= 0x80 or max(arcs) > 0xFFFFFFFF:
        raise UnrecognisedError
    return tuple(arcs)


def encode_arcs(arcs: Oid) -> bytes:
    """The octets of sub-identifiers."""
    return b"".join(map(encode_subidentifier, arcs))


def encode_name(oid: Oid) -> bytes:
    """Content octets of a whole object identifier."""
    return encode_subidentifier(oid[0] * 40 + oid[1]) + encode_arcs(oid[2:])


def tlv(tag: int, content: bytes) -> bytes:
    """One element."""
    size = len(content)
    return bytes((tag, size)) + content if size < 0x80 else bytes((tag,)) + encode_length(size) + content


def bulk_pdu(request_id: int, name: bytes, repetitions: int) -> bytes:
    """A GetBulkRequest PDU of one name without non-repeaters; ``request_id`` takes four octets."""
    rows = repetitions.to_bytes(repetitions.bit_length() // 8 + 1, "big")
    head = b"\x02\x04" + request_id.to_bytes(4, "big") + b"\x02\x01\x00\x02" + bytes((len(rows),)) + rows
    size = len(name)
    total = size + 8 + len(head)
    if total < 0x80:  # every length below fits one octet
        inner = bytes((0x30, size + 6, 0x30, size + 4, 0x06, size))
        return bytes((0xA5, total)) + head + inner + name + b"\x05\x00"
    return tlv(0xA5, head + tlv(0x30, tlv(0x30, tlv(0x06, name) + b"\x05\x00")))


def message_id(data: bytes) -> int:
    """The msgID of an SNMPv3 message (RFC 3412 6), which is in clear."""
    start, end = header_end(data, 0)
    if data[0] != 0x30 or end != len(data) or data[start : start + 3] != V3 or data[start + 3] != 0x30:
        raise UnrecognisedError
    at, _ = header_end(data, start + 3)
    if data[at] != 0x02 or not 1 <= data[at + 1] <= 4:
        raise UnrecognisedError
    return int.from_bytes(data[at + 2 : at + 2 + data[at + 1]], "big", signed=True)
