"""The SNMPv3 message (RFC 3412 6) with its USM parameters (RFC 3414 2.4): strict reading, one way of writing."""

from __future__ import annotations

from typing import NamedTuple

from collectors.snmp.ber import UnrecognisedError
from collectors.snmp.bulk_wire import V3, header_end, tlv

AUTH, PRIV, REPORTABLE = 1, 2, 4
_LARGEST_MESSAGE = b"\x02\x03\x00\xff\xe3"  # 65507: what UDP over IPv4 carries
_USM = b"\x02\x01\x03"


class Message(NamedTuple):
    """A message as read; its scoped PDU may still be encrypted."""

    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    digest_at: int
    digest: bytes
    salt: bytes
    data: bytes


def _element(data: bytes, pos: int, end: int, tag: int) -> tuple[int, int]:
    start, stop = header_end(data, pos)
    if data[pos] != tag or stop > end:
        raise UnrecognisedError
    return start, stop


def _number(data: bytes, pos: int, end: int) -> tuple[int, int]:
    start, stop = _element(data, pos, end, 0x02)
    if not 1 <= stop - start <= 5:
        raise UnrecognisedError
    value = int.from_bytes(data[start:stop], "big", signed=True)
    if not 0 <= value <= 0x7FFFFFFF:
        raise UnrecognisedError
    return value, stop


def read(data: bytes) -> Message:
    """Read a message whose security model is USM; raises `UnrecognisedError` for anything else."""
    try:
        return _read(data)
    except IndexError as error:
        raise UnrecognisedError from error


def _read(data: bytes) -> Message:
    start, end = _element(data, 0, len(data), 0x30)
    if end != len(data) or data[start : start + 3] != V3:
        raise UnrecognisedError
    at, header_stop = _element(data, start + 3, end, 0x30)
    _, at = _number(data, at, header_stop)
    _, at = _number(data, at, header_stop)
    if data[at : at + 2] != b"\x04\x01" or data[at + 3 : at + 6] != _USM or at + 6 != header_stop:
        raise UnrecognisedError
    flags = data[at + 2]
    at, octets_stop = _element(data, header_stop, end, 0x04)
    at, stop = _element(data, at, octets_stop, 0x30)
    if stop != octets_stop:
        raise UnrecognisedError
    first, at = _element(data, at, stop, 0x04)
    engine_id = data[first:at]
    boots, at = _number(data, at, stop)
    time_s, at = _number(data, at, stop)
    first, at = _element(data, at, stop, 0x04)
    user = data[first:at]
    digest_at, at = _element(data, at, stop, 0x04)
    salt_at, last = _element(data, at, stop, 0x04)
    if last != stop:
        raise UnrecognisedError
    tag = 0x04 if flags & PRIV else 0x30
    first, last = _element(data, stop, end, tag)
    if last != end:
        raise UnrecognisedError
    content = data[first:] if flags & PRIV else data[stop:]
    return Message(flags, engine_id, boots, time_s, user, digest_at, data[digest_at:at], data[salt_at:stop], content)


def scoped_pdu(data: bytes) -> tuple[bytes, bytes]:
    """The context's engine and the PDU of a scoped PDU in clear. Octets of padding behind it are allowed."""
    try:
        start, end = _element(data, 0, len(data), 0x30)
        first, at = _element(data, start, end, 0x04)
        engine_id = data[first:at]
        _, at = _element(data, at, end, 0x04)
    except IndexError as error:
        raise UnrecognisedError from error
    return engine_id, data[at:end]


def write_scoped(engine_id: bytes, pdu: bytes) -> bytes:
    """A scoped PDU in the default context."""
    return tlv(0x30, tlv(0x04, engine_id) + b"\x04\x00" + pdu)


def number(value: int) -> bytes:
    """An INTEGER of the header."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def write(message_id: int, message: Message) -> tuple[bytes, int]:
    """The message, and where its digest lies."""
    header = tlv(0x30, number(message_id) + _LARGEST_MESSAGE + bytes((0x04, 1, message.flags)) + _USM)
    before = tlv(0x04, message.engine_id) + number(message.boots) + number(message.time_s) + tlv(0x04, message.user)
    after = tlv(0x04, message.salt)
    security = tlv(0x04, tlv(0x30, before + tlv(0x04, message.digest) + after))
    data = tlv(0x04, message.data) if message.flags & PRIV else message.data
    whole = tlv(0x30, V3 + header + security + data)
    return whole, len(whole) - len(data) - len(after) - len(message.digest)
