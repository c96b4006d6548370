"""Boards, PON ports and ONTs with what each hangs from, for tables that show them together; and the system group."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.identifiers import SerialNumber
from simulators.plant.ddm import Ddm, ont_ddm
from simulators.plant.ports import PlantView
from simulators.plant.state import CardState, OntState, PlantState, PonState, Stranger
from simulators.snmp.ber import TIMETICKS, Oid, oid_value, text, unsigned
from simulators.snmp.mib import Column, scalar

_SYSTEM = (1, 3, 6, 1, 2, 1, 1)
UP, DOWN = 1, 2  # RFC 2863 ifAdminStatus, ifOperStatus


def working(card: CardState | None) -> bool:
    """Whether a board does its work; one that the plant does not describe is not in the way."""
    return card is None or (card.up and not card.missing)


@dataclass(frozen=True, slots=True)
class Board:
    """A board in its slot, as the shelf numbers it."""

    slot: int
    state: CardState


@dataclass(frozen=True, slots=True)
class Pon:
    """A PON port, its board and its ONTs."""

    state: PonState
    card: CardState | None
    onts: list[OntState] = field(default_factory=list)

    @property
    def up(self) -> bool:
        """Whether one of its ONTs is up."""
        return self.state.oper_up and working(self.card)

    @property
    def lit(self) -> bool:
        """Whether its laser is on."""
        return self.state.laser_on and working(self.card)

    @property
    def xgs(self) -> bool:
        """Whether it is an XGS-PON port."""
        return self.card is not None and self.card.technology == "xgspon"


@dataclass(frozen=True, slots=True)
class Ont:
    """An ONT and its PON port."""

    state: OntState
    pon: Pon

    @property
    def up(self) -> bool:
        """Whether the OLT works with it."""
        return self.state.oper_up and working(self.pon.card)

    @property
    def discovered(self) -> bool:
        """Whether it shows itself on the fibre without being configured."""
        return not self.state.provisioned and self.state.powered and self.pon.lit

    @property
    def ddm(self) -> Ddm | None:
        """Diagnostics of its module; ``None`` while it cannot be asked."""
        return ont_ddm(self.state) if self.up else None

    @property
    def managed(self) -> bool:
        """Whether OMCI with it works: without it nothing is read of the ONT itself."""
        return self.up and self.state.omci_up

    @property
    def gasped(self) -> bool:
        """Whether the last thing heard of it was that it lost its power."""
        return self.state.last_gasp_at is not None and self.state.last_gasp_at == self.state.last_down_at


@dataclass(frozen=True, slots=True)
class Found:
    """A row of a table of discovered ONTs: a stranger, or an ONT that shows itself when it is not configured."""

    pon: Pon
    number: int
    ont: Ont | None
    stranger: Stranger | None = None

    @property
    def serial(self) -> SerialNumber | None:
        """What shows itself now; ``None`` for nothing."""
        if self.stranger is not None:
            return self.stranger.serial
        return self.ont.state.serial if self.ont is not None and self.ont.discovered else None


@dataclass(frozen=True, slots=True)
class Places:
    """Everything, in the order of the plant."""

    boards: list[Board]
    pons: list[Pon]
    onts: list[Ont]
    found: list[Found]


def places(state: PlantState) -> Places:
    """The plant with its links."""
    boards = [Board(slot, card) for card in state.cards if (slot := _seat(card)) is not None]
    cards = {card.slot: card for card in state.cards if card.slot is not None}
    pons = {name: Pon(pon, cards.get(name.slot)) for name, pon in state.pons.items()}
    onts = []
    for name, ont in state.onts.items():
        pon = pons[name.pon_name]
        pon.onts.append(ont)
        onts.append(Ont(ont, pon))
    found = [Found(ont.pon, ont.state.name.ont, ont) for ont in onts]
    found += [Found(pons[one.pon], one.number, None, one) for one in state.strangers]
    return Places(boards, list(pons.values()), onts, found)


def _seat(card: CardState) -> int | None:
    return card.slot if card.slot is not None else card.seat


def system(plant: PlantView, default: Oid, tick: int = 1) -> list[Column[Any]]:
    """System group (RFC 3418); ``tick`` is the step of sysUpTime in hundredths of a second."""
    olt = plant.state.olt

    def uptime() -> bytes:
        told_s = (plant.clock.now() - olt.booted_at).total_seconds() + olt.quirks.uptime_offset_s
        hundredths = max(int(told_s * 100), 0)
        return unsigned(TIMETICKS, (hundredths - hundredths % tick) & 0xFFFFFFFF)

    return [
        scalar((*_SYSTEM, 1), lambda: text(olt.sys_descr)),
        scalar((*_SYSTEM, 2), lambda: oid_value(olt.sys_object_id or default)),
        scalar((*_SYSTEM, 3), uptime),
        scalar((*_SYSTEM, 4), lambda: text("")),
        scalar((*_SYSTEM, 5), lambda: text(olt.sys_name)),
        scalar((*_SYSTEM, 6), lambda: text("")),
    ]


def date_and_time(instant: datetime | None, *, zone: bool) -> bytes:
    """DateAndTime (RFC 2579) in UTC: 11 octets with ``zone``, else 8; all zero for never."""
    if instant is None:
        return bytes(8)
    tenth = instant.microsecond // 100_000
    body = bytes((instant.month, instant.day, instant.hour, instant.minute, instant.second, tenth))
    return instant.year.to_bytes(2, "big") + body + (b"+\x00\x00" if zone else b"")
