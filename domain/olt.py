"""What an OLT is, and what one walk of its tables brings back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from domain.identifiers import OntName, PonName
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
    """

    operator_id: str
    name: str
    vendor: str
    host: str
    port: int
    community: Secret
    cli: CliAccess | None = None


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
