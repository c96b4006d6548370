"""The plant as an ISAM sees it: one object a row, computing from the live state whatever an agent would answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.identifiers import PonName
from simulators.plant.state import CardState, OntState, PlantState, PonState, Stranger
from simulators.snmp.isam_index import NT_SLOTS, linear_slot, lt_slot, ont_index, pon_index, uni_index

FX8_SLOTS = 8  # LT slots of a 7360 FX-8 shelf
UNI_PORT = 1  # the one Ethernet port that the plant gives an ONT
_NO_INTERFACE = 255  # linear slot of a board without interface (MIB: 0xFF)
_TICK = timedelta(milliseconds=10)
_XPON_BOARD = "FWLT-C"
_GPON_BIT_S = 2_488_320_000  # ITU-T G.984.1, nominal downstream rate
_IF_SPEED_MAX = 0xFFFFFFFF  # RFC 2863 ifSpeed beyond its range: 9.95328 Gbit/s of XGS-PON


def ticks(since: datetime, instant: datetime) -> int:
    """Hundredths of a second from ``since`` to ``instant``, 0 when it lies before; 32 bits (RFC 2578 7.1.8)."""
    return max((instant - since) // _TICK, 0) & 0xFFFFFFFF


def working(card: CardState | None) -> bool:
    """Whether a board does its work; a board that the plant does not describe is not in the way."""
    return card is None or (card.up and not card.missing)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A slot of the shelf; ``card`` is ``None`` for an empty one."""

    index: int
    linear_slot: int
    card: CardState | None

    @property
    def present(self) -> bool:
        """Whether a board is plugged in."""
        return self.card is not None and not self.card.missing


@dataclass(frozen=True, slots=True)
class PonRow:
    """A PON port."""

    index: int
    state: PonState
    card: CardState | None
    if_type: int = 250
    label: str = "PON"
    trap_enable: int = 1

    @property
    def if_name(self) -> str:
        """IfName: the slot's own prefix is empty, as recorded."""
        return " X-PON" if self.xpon else " G-PON"

    @property
    def xpon(self) -> bool:
        """Whether it is an XGS-PON port."""
        return _is_xpon(self.card)

    @property
    def speed_bit_s(self) -> int:
        """IfSpeed in bit/s."""
        return _IF_SPEED_MAX if self.xpon else _GPON_BIT_S

    @property
    def admin_up(self) -> bool:
        """What is wanted of it."""
        return self.state.admin_up

    @property
    def oper_up(self) -> bool:
        """Down when its ONTs are all down, or its board."""
        return self.state.oper_up and working(self.card)

    @property
    def changed_at(self) -> datetime:
        """Last change of its state."""
        return self.state.changed_at

    @property
    def tx_dbm(self) -> float | None:
        """Level its laser sends now; ``None`` with the laser off or the board down."""
        return self.state.tx_dbm if self.state.laser_on and working(self.card) else None


@dataclass(frozen=True, slots=True)
class OntRow:
    """An ONT."""

    index: int
    pon_index: int
    state: OntState
    card: CardState | None
    if_type: int = 270
    label: str = "ONT"
    if_name: str = " ONT"
    trap_enable: int = 1

    @property
    def admin_up(self) -> bool:
        """What is wanted of it."""
        return self.state.admin_up

    @property
    def oper_up(self) -> bool:
        """Whether the OLT works with it."""
        return self.state.oper_up and working(self.card)

    @property
    def changed_at(self) -> datetime:
        """Last change of its state."""
        return self.state.changed_at


@dataclass(frozen=True, slots=True)
class UniRow:
    """The Ethernet port of an ONT."""

    index: int
    ont: OntRow
    if_type: int = 271
    label: str = "PHYSICALUNI"
    if_name: str = " PHYSICALUNI"
    trap_enable: int = 2

    @property
    def card(self) -> CardState | None:
        """The board behind it."""
        return self.ont.card

    @property
    def state(self) -> OntState:
        """The ONT that holds it."""
        return self.ont.state

    @property
    def admin_up(self) -> bool:
        """What is wanted of it."""
        return self.state.uni_admin_up

    @property
    def oper_up(self) -> bool:
        """Link, which the OLT cannot see up while the ONT is down."""
        return self.state.uni_up and self.ont.oper_up

    @property
    def changed_at(self) -> datetime:
        """The plant keeps one instant for the ONT and its port."""
        return self.state.changed_at


@dataclass(frozen=True, slots=True)
class Inventory:
    """Every row, built once from what the plant holds."""

    boards: list[BoardRow] = field(default_factory=list)
    pons: list[PonRow] = field(default_factory=list)
    onts: list[OntRow] = field(default_factory=list)
    unis: list[UniRow] = field(default_factory=list)
    strangers: list[tuple[int, Stranger]] = field(default_factory=list)


def _is_xpon(card: CardState | None) -> bool:
    return card is not None and card.planned_type == _XPON_BOARD


def build(state: PlantState) -> Inventory:
    """The rows of a plant; raises `ValueError` for a place that the ISAM cannot number."""
    lts = {card.slot: card for card in state.cards if card.slot is not None}
    found = Inventory(boards=_boards([card for card in state.cards if card.slot is None], lts))
    of_pon: dict[PonName, int] = {}
    for name, pon in state.pons.items():
        card = lts.get(name.slot)
        of_pon[name] = pon_index(name, xpon=_is_xpon(card))
        found.pons.append(PonRow(of_pon[name], pon, card))
    for ont_name, ont in state.onts.items():
        card = lts.get(ont_name.slot)
        on = of_pon.get(ont_name.pon_name) or pon_index(ont_name.pon_name, xpon=_is_xpon(card))
        row = OntRow(ont_index(ont_name), on, ont, card)
        found.onts.append(row)
        found.unis.append(UniRow(uni_index(ont_name, ont.uni_card, UNI_PORT), row))
    found.strangers.extend((of_pon[one.pon], one) for one in state.strangers)
    return found


def _boards(nts: list[CardState], lts: dict[int, CardState]) -> list[BoardRow]:
    """The NT slots in the order of the description, then every LT slot of the shelf, empty or not."""
    if len(nts) > len(NT_SLOTS):
        raise ValueError(f"{len(nts)} boards without LT slot, where the shelf has {len(NT_SLOTS)} NT slots")
    seated = dict(enumerate(nts))
    # As recorded: the linear slot of NT-A is 0, NT-B has none.
    shelf = [BoardRow(index, _NO_INTERFACE if place else 0, seated.get(place)) for place, index in enumerate(NT_SLOTS)]
    slots = range(1, max([FX8_SLOTS, *lts]) + 1)
    return shelf + [BoardRow(lt_slot(slot), linear_slot(slot), lts.get(slot)) for slot in slots]
