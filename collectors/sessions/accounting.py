"""One RADIUS accounting packet (RFC 2866) turned into an event."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pyrad.dictionary import Dictionary
from pyrad.packet import AccountingRequest, AcctPacket, PacketError

from domain.session import AccountingEvent, AccountingStatus

# What pyrad raises on octets that are no packet, or on a value that is not of its type.
_DECODING: Final = (PacketError, ValueError, KeyError, IndexError, TypeError, struct.error)

# Acct-Status-Type (RFC 2866 5.1)
_SESSION: Final = {1: AccountingStatus.START, 2: AccountingStatus.STOP, 3: AccountingStatus.INTERIM}
_NAS_RESTART: Final = frozenset({7, 8})  # Accounting-On, Accounting-Off

# An Event-Timestamp before this, or further ahead of us than that, comes from a NAS whose clock is not set (C).
_CLOCK_SET: Final = datetime(2005, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(hours=1)


class PacketKind(StrEnum):
    """What a packet is about."""

    SESSION = "session"
    NAS_RESTART = "nas_restart"
    OTHER = "other"  # tunnels, failures: nothing to keep


class BadPacketError(Exception):
    """A datagram that is no accounting request.

    Attributes:
        kind: ``malformed``, ``forged`` (wrong Request Authenticator) or ``unusable`` (without user or session).
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


@dataclass(frozen=True, slots=True)
class Accounting:
    """A verified packet: what it is about, its event, and its answer ready to send."""

    kind: PacketKind
    event: AccountingEvent | None
    reply: bytes


def load_dictionary() -> Dictionary:
    """The attributes that are read here."""
    return Dictionary(str(Path(__file__).parent / "dictionary"))


def read_accounting(data: bytes, secret: bytes, dictionary: Dictionary, received: datetime) -> Accounting:
    """Read and verify a datagram; raises `BadPacketError`."""
    try:
        packet = AcctPacket(secret=secret, dict=dictionary, packet=data)
        if packet.code != AccountingRequest:
            raise BadPacketError("malformed")
        if not packet.VerifyAcctRequest():
            raise BadPacketError("forged")
        reply: bytes = packet.CreateReply().ReplyPacket()
    except _DECODING as error:
        raise BadPacketError("malformed") from error
    status = _number(packet, "Acct-Status-Type")
    if status is None:
        raise BadPacketError("unusable")
    if status not in _SESSION:
        return Accounting(PacketKind.NAS_RESTART if status in _NAS_RESTART else PacketKind.OTHER, None, reply)
    return Accounting(PacketKind.SESSION, _event(packet, _SESSION[status], received), reply)


def _event(packet: AcctPacket, status: AccountingStatus, received: datetime) -> AccountingEvent:
    username, session = _text(packet, "User-Name"), _text(packet, "Acct-Session-Id")
    if not username or not session:
        raise BadPacketError("unusable")
    framed = _text(packet, "Framed-IP-Address")
    return AccountingEvent(
        username=username,
        session_id=session,
        status=status,
        at=_instant(packet, received),
        framed_ip=framed if framed and not ipaddress.ip_address(framed).is_unspecified else None,
        session_time_s=_number(packet, "Acct-Session-Time"),
        terminate_cause=_text(packet, "Acct-Terminate-Cause"),
        nas=_text(packet, "NAS-Identifier") or _text(packet, "NAS-IP-Address") or "",
    )


def _instant(packet: AcctPacket, received: datetime) -> datetime:
    """When it happened.

    Event-Timestamp is the instant of the event itself (RFC 2869 5.3). Acct-Delay-Time counts from the event to the
    sending, so it is taken from the instant of arrival only (RFC 2866 5.2): taking it from both would go back twice.
    """
    stamp = _number(packet, "Event-Timestamp")
    if stamp is not None:
        told = datetime.fromtimestamp(stamp, UTC)
        if _CLOCK_SET <= told <= received + _AHEAD:
            return told
    return received - timedelta(seconds=_number(packet, "Acct-Delay-Time") or 0)


def _value(packet: AcctPacket, name: str) -> Any:
    try:
        return packet[name][0]
    except _DECODING:
        return None


def _number(packet: AcctPacket, name: str) -> int | None:
    value = _value(packet, name)
    return value if isinstance(value, int) else None


def _text(packet: AcctPacket, name: str) -> str | None:
    value = _value(packet, name)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)
