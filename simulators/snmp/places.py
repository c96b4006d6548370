"""Boards, PON ports and ONTs with what each hangs from, for tables that show them together; and the system group."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulators.plant.ddm import Ddm, ont_ddm
from simulators.plant.ports import PlantView
from simulators.plant.state import CardState, OntState, PlantState, PonState
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
    def gasped(self) -> bool:
        """Whether the last thing heard of it was that it lost its power."""
        return self.state.last_gasp_at is not None and self.state.last_gasp_at == self.state.last_down_at


@dataclass(frozen=True, slots=True)
class Places:
    """Everything, in the order of the plant."""

    boards: list[Board]
    pons: list[Pon]
    onts: list[Ont]


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
    return Places(boards, list(pons.values()), onts)


def _seat(card: CardState) -> int | None:
    return card.slot if card.slot is not None else card.seat


def system(plant: PlantView, default: Oid, tick: int = 1) -> list[Column[Any]]:
    """System group (RFC 3418); ``tick`` is the step of sysUpTime in hundredths of a second."""
    olt = plant.state.olt

    def uptime() -> bytes:
        hundredths = max(int((plant.clock.now() - olt.booted_at).total_seconds() * 100), 0)
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
