"""SNMP v1 and v2c messages (RFC 1157 4.1, RFC 3416 3): requests in, responses out."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.snmp.ber import (
    INTEGER,
    OBJECT_ID,
    OCTET_STRING,
    SEQUENCE,
    BerError,
    Oid,
    decode_integer,
    decode_oid,
    expect,
    header,
    integer,
    tlv,
)

V1 = 0
V2C = 1

GET = 0xA0
GETNEXT = 0xA1
RESPONSE = 0xA2
SET = 0xA3
GETBULK = 0xA5

PDU_NAMES = {GET: "get", GETNEXT: "getnext", SET: "set", GETBULK: "getbulk"}

TOO_BIG = 1
NO_SUCH_NAME = 2  # v1 only
WRONG_TYPE = 7
WRONG_VALUE = 10
NO_CREATION = 11
NOT_WRITABLE = 17


@dataclass(frozen=True, slots=True)
class Request:
    """A request as decoded.

    Attributes:
        version: `V1` or `V2C`.
        community: As received: compare it, never log it.
        pdu: Tag of the PDU, a key of `PDU_NAMES`.
        non_repeaters: First field after the request-id: non-repeaters of a GETBULK.
        max_repetitions: Second field: max-repetitions of a GETBULK.
        oids: Names asked.
        names: The same names as TLVs, to be echoed.
        varbinds: Content of the variable-bindings as received, echoed by error responses.
        values: Values as TLVs: what a SET sets.
    """

    version: int
    community: bytes
    pdu: int
    request_id: int
    non_repeaters: int
    max_repetitions: int
    oids: tuple[Oid, ...]
    names: tuple[bytes, ...]
    varbinds: bytes
    values: tuple[bytes, ...] = ()


def decode_request(data: bytes) -> Request:
    """Read one datagram; raises `BerError` for anything that is not a v1 or v2c request."""
    size = len(data)
    at, end = expect(data, 0, size, SEQUENCE)
    if end != size:
        raise BerError("octets after the message")
    start, stop = expect(data, at, end, INTEGER)
    version = decode_integer(data[start:stop])
    if version not in (V1, V2C):
        raise BerError("a version other than v1 and v2c")
    start, stop = expect(data, stop, end, OCTET_STRING)
    community = data[start:stop]
    pdu, at, stop = header(data, stop, end)
    if pdu not in PDU_NAMES or (pdu == GETBULK and version == V1):
        raise BerError(f"PDU type {pdu:#04x}, which an agent does not take")
    if stop != end:
        raise BerError("octets after the PDU")
    request_id, at = _integer(data, at, end)
    non_repeaters, at = _integer(data, at, end)
    max_repetitions, at = _integer(data, at, end)
    start, stop = expect(data, at, end, SEQUENCE)
    if stop != end:
        raise BerError("octets after the variable bindings")
    oids, names, values = _varbinds(data, start, stop)
    body = data[start:stop]
    return Request(version, community, pdu, request_id, non_repeaters, max_repetitions, oids, names, body, values)


def _integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    start, stop = expect(data, at, end, INTEGER)
    return decode_integer(data[start:stop]), stop


def _varbinds(data: bytes, at: int, end: int) -> tuple[tuple[Oid, ...], tuple[bytes, ...], tuple[bytes, ...]]:
    oids: list[Oid] = []
    names: list[bytes] = []
    values: list[bytes] = []
    while at < end:
        inner, stop = expect(data, at, end, SEQUENCE)
        start, after = expect(data, inner, stop, OBJECT_ID)
        oids.append(decode_oid(data[start:after]))
        names.append(data[inner:after])
        _, _, last = header(data, after, stop)
        if last != stop:
            raise BerError("octets after the value of a variable binding")
        values.append(data[after:stop])
        at = stop
    return tuple(oids), tuple(names), tuple(values)


def varbind(name: bytes, value: bytes) -> bytes:
    """One variable binding from its two TLVs."""
    return tlv(SEQUENCE, name + value)


def encode_response(request: Request, varbinds: bytes, status: int = 0, index: int = 0) -> bytes:
    """The response to ``request``; ``varbinds`` is the content of its variable-bindings."""
    pdu = tlv(
        RESPONSE,
        integer(request.request_id) + integer(status) + integer(index) + tlv(SEQUENCE, varbinds),
    )
    return tlv(SEQUENCE, integer(request.version) + tlv(OCTET_STRING, request.community) + pdu)


def room(request: Request, max_message: int) -> int:
    """Octets left for variable bindings in a response of at most ``max_message`` octets (lengths in long form)."""
    envelope = 4 + 3 + 4 + len(request.community) + 4 + 6 + 3 + 4 + 4
    return max_message - envelope
