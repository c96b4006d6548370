"""What an OLT is, and what one walk of its tables brings back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName
from domain.load import LoadContract
from domain.metric import Readings
from domain.reading import Reason
from domain.secret import Secret


@dataclass(frozen=True, slots=True)
class CliAccess:
    """How to log in to an OLT's CLI over SSH."""

    host: str
    port: int
    username: str
    password: Secret


class SnmpAuth(StrEnum):
    """How an SNMPv3 user proves who it is (RFC 3414 6, RFC 7860 4)."""

    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class SnmpPrivacy(StrEnum):
    """How what an SNMPv3 user asks and hears is hidden (RFC 3826)."""

    AES128 = "aes128"


@dataclass(frozen=True, slots=True)
class SnmpUser:
    """An SNMPv3 user of an OLT. Without authentication nothing is proved, and nothing can be hidden.

    Attributes:
        name: The securityName, 1 to 32 octets.
        auth_key: Its authentication password, 8 characters at least (RFC 3414 11.2).
        privacy_key: Its privacy password, likewise.
    """

    name: str
    auth: SnmpAuth | None = None
    auth_key: Secret | None = None
    privacy: SnmpPrivacy | None = None
    privacy_key: Secret | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.encode()) <= 32:
            raise InvalidValueError("snmp user", self.name, "a name of 1 to 32 octets")
        for protocol, key in ((self.auth, self.auth_key), (self.privacy, self.privacy_key)):
            if (protocol is None) is not (key is None):
                raise InvalidValueError("snmp user", self.name, "a password for each protocol, and for nothing else")
            if key is not None and len(key.reveal().encode()) < 8:
                raise InvalidValueError("snmp user", self.name, "passwords of 8 characters at least")
        if self.privacy is not None and self.auth is None:
            raise InvalidValueError("snmp user", self.name, "an authentication, which privacy needs")


@dataclass(frozen=True, slots=True)
class OltTarget:
    """An OLT of the inventory and how to reach it.

    Attributes:
        operator_id: The infrastructure operator that owns it.
        name: Its name in the inventory.
        vendor: Key of the driver, such as ``nokia_isam``.
        host: Management address.
        port: SNMP UDP port.
        community: SNMP v2c community.
        cli: CLI access where the site allows it.
        user: SNMPv3 user, which prevails over the community.
        contract: What it may be asked; ``None``: the default contract.
    """

    operator_id: str
    name: str
    vendor: str
    host: str
    port: int
    community: Secret
    cli: CliAccess | None = None
    user: SnmpUser | None = None
    contract: LoadContract | None = None


@dataclass(frozen=True, slots=True)
class CardRow:
    """A board of the OLT. ``slot`` is the number in ONT names, ``None`` for boards that carry no PON."""

    name: str
    slot: int | None
    readings: Readings


@dataclass(frozen=True, slots=True)
class PonRow:
    """A PON port of the OLT."""

    name: PonName
    readings: Readings


@dataclass(frozen=True, slots=True)
class OntRow:
    """An ONT configured on the OLT."""

    name: OntName
    readings: Readings


@dataclass(frozen=True, slots=True)
class DiscoveredRow:
    """An ONT that the OLT hears and that is configured nowhere on it.

    Attributes:
        pon: The PON port it answers on; ``None`` where the OLT does not say.
        readings: What it says of itself, its serial number first.
    """

    pon: PonName | None
    readings: Readings


@dataclass(frozen=True, slots=True)
class TableGap:
    """A table, or the rest of one, that could not be read: unknown from there on, never empty."""

    table: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class OltWalk:
    """One reading of the tables of an OLT, or of one of its PON ports.

    Attributes:
        olt: Name of the OLT.
        at: When it began.
        readings: Metrics of the OLT itself.
        gaps: What could not be read.
        discovered: ONTs heard and configured nowhere.
    """

    olt: str
    at: datetime
    readings: Readings
    cards: tuple[CardRow, ...] = ()
    pon_ports: tuple[PonRow, ...] = ()
    onts: tuple[OntRow, ...] = ()
    gaps: tuple[TableGap, ...] = field(default=())
    discovered: tuple[DiscoveredRow, ...] = ()
