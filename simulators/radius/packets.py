"""Accounting packets of a PPP session (RFC 2866), made with pyrad."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pyrad.dictionary import Dictionary
from pyrad.packet import AcctPacket

from domain.identifiers import OntName

_WRAP = 1 << 32  # octet counters are 32 bits, their overflow goes in Gigawords (RFC 2869 5.1)


class Status(StrEnum):
    """Acct-Status-Type (RFC 2866 5.1), by the dictionary's names."""

    START = "Start"
    INTERIM = "Interim-Update"
    STOP = "Stop"


@dataclass(frozen=True, slots=True, repr=False)
class PppSession:
    """One PPP session as the BRAS knows it. ``username`` is a PPP identifier: never logged.

    Attributes:
        mac: MAC address of the box, for Calling-Station-Id.
        octets_up: Octets from the customer counted before the session began.
        octets_down: Octets to the customer counted before the session began.
    """

    session_id: str
    ont: OntName
    username: str
    framed_ip: str | None
    mac: str
    started_at: datetime
    octets_up: int = 0
    octets_down: int = 0

    def __repr__(self) -> str:
        return f"PppSession({self.session_id}, {self.ont})"


@dataclass(frozen=True, slots=True)
class Update:
    """What happened to a session: counters are totals of the access at that instant."""

    status: Status
    at: datetime
    octets_up: int = 0
    octets_down: int = 0
    terminate_cause: str = ""


@dataclass(frozen=True, slots=True)
class Nas:
    """The BRAS that speaks."""

    identifier: str
    address: str


def load_dictionary() -> Dictionary:
    """The attributes that we use."""
    return Dictionary(str(Path(__file__).with_name("dictionary")))


def terminate_cause(detail: str, known: Dictionary) -> str | None:
    """The dictionary's name for a cause written ``lost carrier``, ``LOST_CARRIER`` …; ``None`` for another word."""
    values = known.attributes["Acct-Terminate-Cause"].values.forward
    names = {str(name).lower(): str(name) for name in values}
    return names.get(detail.strip().lower().replace("_", "-").replace(" ", "-"))


def accounting_request(
    session: PppSession, update: Update, nas: Nas, secret: bytes, dictionary: Dictionary, identifier: int
) -> Any:
    """An Accounting-Request, typed loosely as pyrad has no types."""
    packet = AcctPacket(id=identifier, secret=secret, dict=dictionary)
    packet["Acct-Status-Type"] = update.status.value
    packet["Acct-Session-Id"] = session.session_id
    packet["User-Name"] = session.username
    packet["NAS-Identifier"] = nas.identifier
    packet["NAS-IP-Address"] = nas.address
    packet["NAS-Port-Type"] = "Virtual"
    packet["Service-Type"] = "Framed-User"
    packet["Framed-Protocol"] = "PPP"
    packet["Acct-Authentic"] = "RADIUS"
    packet["Calling-Station-Id"] = session.mac
    packet["Event-Timestamp"] = int(update.at.timestamp())
    if session.framed_ip is not None:
        packet["Framed-IP-Address"] = session.framed_ip
    if update.status is not Status.START:
        _count(packet, session, update)
    if update.status is Status.STOP:
        cause = terminate_cause(update.terminate_cause, dictionary)
        if cause is not None:
            packet["Acct-Terminate-Cause"] = cause
    return packet


def _count(packet: Any, session: PppSession, update: Update) -> None:
    packet["Acct-Session-Time"] = max(0, int((update.at - session.started_at).total_seconds()))
    # "Input" is what the NAS receives: the customer's upstream (RFC 2866 5.3)
    for name, total, before in (
        ("Input", update.octets_up, session.octets_up),
        ("Output", update.octets_down, session.octets_down),
    ):
        gigawords, octets = divmod(max(0, total - before), _WRAP)
        packet[f"Acct-{name}-Octets"] = octets
        packet[f"Acct-{name}-Gigawords"] = gigawords
