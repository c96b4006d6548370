"""What SNMP carries, as the collectors see it: object identifiers, tagged values, and who to ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from collectors.snmp.usm.user import UsmUser
from domain.errors import InvalidValueError
from domain.reading import Reason
from domain.secret import Secret

Oid = tuple[int, ...]


class Kind(IntEnum):
    """BER tag of a value (RFC 2578 7, RFC 3416 3), and `FAILED` for a value that did not arrive."""

    FAILED = 0  # ``value`` is the `Reason`
    INTEGER = 0x02
    OCTETS = 0x04
    NULL = 0x05
    OID = 0x06
    IP_ADDRESS = 0x40
    COUNTER32 = 0x41
    GAUGE32 = 0x42
    TIME_TICKS = 0x43
    OPAQUE = 0x44
    COUNTER64 = 0x46
    NO_SUCH_OBJECT = 0x80
    NO_SUCH_INSTANCE = 0x81
    END_OF_MIB = 0x82


ABSENT = frozenset({Kind.NO_SUCH_OBJECT, Kind.NO_SUCH_INSTANCE, Kind.END_OF_MIB})
"""Exceptions by which an agent says that it has no such value."""

Value = int | bytes | Oid | Reason | None


class VarBind(NamedTuple):
    """One answered variable: integers as ``int``, octet strings as ``bytes``, identifiers as `Oid`."""

    oid: Oid
    kind: Kind
    value: Value


@dataclass(frozen=True, slots=True)
class Response:
    """A Response PDU of SNMP v2c (RFC 3416 4.2.4)."""

    community: bytes = field(repr=False)
    request_id: int
    error_status: int
    error_index: int
    varbinds: list[VarBind]


@dataclass(frozen=True, slots=True)
class Agent:
    """Where an SNMP agent listens, and what it takes: a community (v2c), or a user (v3), which prevails."""

    host: str
    port: int
    community: Secret
    user: UsmUser | None = None


def oid(text: str) -> Oid:
    """Read ``1.3.6.1.2.1.1.3.0``; raises `InvalidValueError`."""
    parts = text.removeprefix(".").split(".")
    if not all(part.isascii() and part.isdecimal() and int(part) <= 0xFFFFFFFF for part in parts):
        raise InvalidValueError("oid", text, "an object identifier such as 1.3.6.1.2.1.1.3.0")
    return tuple(int(part) for part in parts)


def dotted(identifier: Oid) -> str:
    """The text form of an object identifier."""
    return ".".join(map(str, identifier))
