"""Reads recordings of the snmprec form: one ``OID|tag|value`` a line, where the tag is the ASN.1 type in decimal.

A suffix of the tag tells how the value is written: ``x`` hexadecimal, ``e`` with backslash escapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simulators.snmp.ber import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    NULL,
    TIMETICKS,
    BerError,
    Oid,
    decode_oid,
    integer,
    ip_address,
    octets,
    oid_value,
    parse_oid,
    tlv,
    unsigned,
)

_TAG = re.compile(rb"([0-9]{1,3})([xe]?)")
_DECIMAL = re.compile(rb"-?[0-9]{1,20}")
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|[0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_OPAQUE = 0x44


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was left out: its number, counted from 1, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file holds.

    Attributes:
        rows: OID and value, as a TLV, in the order of the file.
        bad: Lines left out: malformed, or with an OID that an earlier line has.
    """

    rows: tuple[tuple[Oid, bytes], ...]
    bad: tuple[BadLine, ...]


def read_recording(path: Path) -> Recording:
    """Read a file; raises `OSError` when it cannot be opened, never for its content."""
    return parse_recording(path.read_bytes())


def parse_recording(data: bytes) -> Recording:
    """Read the content of a file. Empty lines and ``#`` comments are skipped."""
    rows: dict[Oid, bytes] = {}
    bad: list[BadLine] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        stripped = line.removesuffix(b"\r")
        if not stripped.strip() or stripped.startswith(b"#"):
            continue
        try:
            oid, value = _parse_line(stripped)
        except BerError as error:
            bad.append(BadLine(number, error.detail))
            continue
        if oid in rows:
            bad.append(BadLine(number, "an OID that an earlier line has"))
        else:
            rows[oid] = value
    return Recording(tuple(rows.items()), tuple(bad))


def _parse_line(line: bytes) -> tuple[Oid, bytes]:
    fields = line.split(b"|", 2)
    if len(fields) != 3:
        raise BerError("not OID|tag|value")
    oid = parse_oid(fields[0].decode("latin-1"))
    found = _TAG.fullmatch(fields[1])
    decode = _TYPES.get(int(found[1])) if found else None
    if found is None or decode is None:
        raise BerError("an unknown tag")
    return oid, decode(fields[2], found[2])


def _raw(value: bytes, form: bytes) -> bytes:
    if form == b"x":
        try:
            return bytes.fromhex(value.decode("latin-1"))
        except ValueError:
            raise BerError("not hexadecimal") from None
    return _ESCAPE.sub(_unescape, value) if form == b"e" else value


def _unescape(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if len(code) == 3 and code[:1] == b"x":
        return bytes((int(code[1:], 16),))
    if code.isdigit():
        return bytes((int(code, 8) & 0xFF,))
    return _NAMED.get(code, code)


def _number(value: bytes, form: bytes, *, signed: bool) -> int:
    if form == b"x":
        return int.from_bytes(_raw(value, form), "big", signed=signed)
    if _DECIMAL.fullmatch(value) is None:
        raise BerError("not a number")
    return int(value)


def _integer(value: bytes, form: bytes) -> bytes:
    return integer(_number(value, form, signed=True))


def _unsigned(tag: int) -> Callable[[bytes, bytes], bytes]:
    return lambda value, form: unsigned(tag, _number(value, form, signed=False))


def _octets(value: bytes, form: bytes) -> bytes:
    return octets(_raw(value, form))


def _null(value: bytes, _form: bytes) -> bytes:
    if value:
        raise BerError("a null with a value")
    return NULL


def _oid(value: bytes, form: bytes) -> bytes:
    if form == b"x":  # the content octets of the encoded OID
        return oid_value(decode_oid(_raw(value, form)))
    return oid_value(parse_oid(value.decode("latin-1")))


def _ip_address(value: bytes, form: bytes) -> bytes:
    if form == b"x":
        return ip_address(_raw(value, form))
    parts = value.split(b".")
    if len(parts) != 4 or not all(part.isdigit() and len(part) <= 3 and int(part) < 256 for part in parts):
        raise BerError("not an IPv4 address")
    return ip_address(bytes(int(part) for part in parts))


def _opaque(value: bytes, form: bytes) -> bytes:
    return tlv(_OPAQUE, _raw(value, form))


_TYPES: dict[int, Callable[[bytes, bytes], bytes]] = {
    2: _integer,
    4: _octets,
    5: _null,
    6: _oid,
    64: _ip_address,
    65: _unsigned(COUNTER32),
    66: _unsigned(GAUGE32),
    67: _unsigned(TIMETICKS),
    68: _opaque,
    70: _unsigned(COUNTER64),
}
