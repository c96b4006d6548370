"""Notifications as they travel: v2c traps and informs (RFC 3416 4.2.6, 4.2.7), v1 traps (RFC 1157 4.1.6).

A v2c notification has the form of a Response but for its tag, so its variables go through the same strict codec as
replies, and through pyasn1 where that codec does not know an encoding. Who opens SNMP v3 messages gives their content
to `decode_pdu`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from collectors.snmp import ber, fallback
from collectors.snmp.sealing import as_v2c
from collectors.snmp.values import Kind, Oid, Response, VarBind
from domain.errors import DeviceProtocolError, DiagnosticsError
from domain.secret import Secret

SYS_UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
SNMP_TRAP_OID: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
SNMP_TRAP_COMMUNITY: Oid = (1, 3, 6, 1, 6, 3, 18, 1, 4, 0)  # RFC 3584: a credential among the variables
STANDARD_TRAPS: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 5)

_INTEGER, _OCTETS, _OID, _SEQUENCE = 0x02, 0x04, 0x06, 0x30
_IP_ADDRESS, _TIME_TICKS = 0x40, 0x43
_RESPONSE, _TRAP_V1, _INFORM, _TRAP_V2 = 0xA2, 0xA4, 0xA6, 0xA7
_V1, _V2C = 0, 1
_ENTERPRISE_SPECIFIC = 6  # generic-trap of RFC 1157: the trap is the enterprise's own
_LONGEST_HEADER = 5  # octets of a 32-bit number of the header, with one of padding


class Refusal(StrEnum):
    """Why a datagram is no notification for us."""

    VERSION = "version"  # SNMP v3, which `collectors.traps.usm_receive` opens, or no version at all
    NOT_A_NOTIFICATION = "not_a_notification"  # a request, a reply, a report
    MALFORMED = "malformed"


class NotANotificationError(DiagnosticsError):
    """The datagram is refused; ``why`` never holds its content."""

    def __init__(self, why: Refusal) -> None:
        self.why = why
        super().__init__(why.value)


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification, whatever its version.

    Attributes:
        community: As received: compare it, never show it.
        trap: Identifier of the notification (of a v1 trap, by the rule of RFC 3584 3.1).
        uptime_ticks: The OLT's sysUpTime when it spoke, in hundredths of a second.
        varbinds: Its variables, without sysUpTime, snmpTrapOID and any credential.
        acknowledgement: What an inform is answered with; ``None`` for a trap.
    """

    community: Secret
    request_id: int
    trap: Oid
    uptime_ticks: int
    varbinds: tuple[VarBind, ...]
    acknowledgement: bytes | None = field(default=None, repr=False)  # it holds the community


def decode(datagram: bytes) -> Notification:
    """Read a datagram; raises `NotANotificationError`."""
    try:
        at, end = _header(datagram, 0, len(datagram), _SEQUENCE)
        version, at = _number(datagram, at, end)
        if end != len(datagram):
            raise NotANotificationError(Refusal.MALFORMED)
        if version not in {_V1, _V2C}:
            raise NotANotificationError(Refusal.VERSION)
        start, pdu = _header(datagram, at, end, _OCTETS)
        community = datagram[start:pdu]
        tag = datagram[pdu]
        if version == _V1 and tag == _TRAP_V1:
            return _version_1(datagram, pdu, end, community)
        if version == _V2C and tag in {_INFORM, _TRAP_V2}:
            return _version_2(datagram, pdu)
    except (IndexError, DeviceProtocolError) as error:
        raise NotANotificationError(Refusal.MALFORMED) from error
    raise NotANotificationError(Refusal.NOT_A_NOTIFICATION)


def decode_pdu(pdu: bytes, acknowledgement: bytes | None) -> Notification:
    """Read the PDU of a trap or inform that SNMP v3 carried; raises `NotANotificationError`."""
    return replace(decode(as_v2c(pdu)), acknowledgement=acknowledgement)


def _version_2(datagram: bytes, pdu: int) -> Notification:
    as_response = datagram[:pdu] + bytes((_RESPONSE,)) + datagram[pdu + 1 :]
    read = _response(as_response)
    first = read.varbinds[:2]
    names = [varbind.oid for varbind in first]
    kinds = [varbind.kind for varbind in first]
    if (
        names != [SYS_UP_TIME, SNMP_TRAP_OID]
        or kinds != [Kind.TIME_TICKS, Kind.OID]
        or read.error_status
        or read.error_index
    ):
        raise NotANotificationError(Refusal.MALFORMED)  # RFC 3416 4.2.6: these two come first
    uptime, trap = first[0].value, first[1].value
    if not isinstance(uptime, int) or not isinstance(trap, tuple):
        raise NotANotificationError(Refusal.MALFORMED)
    return Notification(
        Secret(read.community.decode("latin-1")),
        read.request_id,
        trap,
        uptime,
        _public(read.varbinds[2:]),
        as_response if datagram[pdu] == _INFORM else None,
    )


def _version_1(datagram: bytes, pdu: int, end: int, community: bytes) -> Notification:
    at, stop = _header(datagram, pdu, end, _TRAP_V1)
    enterprise_at = at
    _, at = _header(datagram, at, stop, _OID)
    enterprise = datagram[enterprise_at:at]
    address, at = _header(datagram, at, stop, _IP_ADDRESS)
    if at - address != 4 or stop != end:
        raise NotANotificationError(Refusal.MALFORMED)
    generic, at = _number(datagram, at, stop)
    specific, at = _number(datagram, at, stop)
    uptime, at = _number(datagram, at, stop, _TIME_TICKS)
    # The enterprise rides along as one more variable, so that the codec of replies reads everything.
    start, after = _header(datagram, at, stop, _SEQUENCE)
    if after != stop or not 0 <= generic <= _ENTERPRISE_SPECIFIC or specific < 0:
        raise NotANotificationError(Refusal.MALFORMED)
    variables = _tlv(_SEQUENCE, enterprise + b"\x05\x00") + datagram[start:after]
    zeros = b"\x02\x01\x00" * 3
    message = _tlv(_OCTETS, community) + _tlv(_RESPONSE, zeros + _tlv(_SEQUENCE, variables))
    read = _response(_tlv(_SEQUENCE, b"\x02\x01\x01" + message))
    named, *varbinds = read.varbinds
    trap = (*named.oid, 0, specific) if generic == _ENTERPRISE_SPECIFIC else (*STANDARD_TRAPS, generic + 1)
    return Notification(Secret(community.decode("latin-1")), 0, trap, uptime, _public(varbinds))


def _response(message: bytes) -> Response:
    readers: tuple[Callable[[bytes], Response], ...] = (ber.decode_response, fallback.decode_response)
    for read in readers:
        try:
            return read(message)
        except ber.UnrecognisedError:
            continue  # an encoding that only the complete decoder knows
    raise NotANotificationError(Refusal.MALFORMED)


def _public(varbinds: list[VarBind]) -> tuple[VarBind, ...]:
    return tuple(varbind for varbind in varbinds if varbind.oid != SNMP_TRAP_COMMUNITY)


def _header(data: bytes, pos: int, end: int, tag: int) -> tuple[int, int]:
    """Bounds of the content of the element at ``pos``, which must carry ``tag`` and end by ``end``."""
    if data[pos] != tag:
        raise NotANotificationError(Refusal.MALFORMED)
    size, start = data[pos + 1], pos + 2
    if size >= 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4:
            raise NotANotificationError(Refusal.MALFORMED)
        start += count
        size = int.from_bytes(data[pos + 2 : start], "big")
    if start + size > end:
        raise NotANotificationError(Refusal.MALFORMED)
    return start, start + size


def _number(data: bytes, pos: int, end: int, tag: int = _INTEGER) -> tuple[int, int]:
    start, stop = _header(data, pos, end, tag)
    if not 1 <= stop - start <= _LONGEST_HEADER:
        raise NotANotificationError(Refusal.MALFORMED)
    value = int.from_bytes(data[start:stop], "big", signed=True)
    if tag == _TIME_TICKS and not 0 <= value < 1 << 32:
        raise NotANotificationError(Refusal.MALFORMED)
    return value, stop


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = bytes((size,)) if size < 0x80 else bytes((0x80 | len(octets),)) + octets
    return bytes((tag,)) + length + content
