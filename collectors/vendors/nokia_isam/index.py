"""The ISAM's ifIndex, both ways.

``slot << 25 | level << 21 | (pon - 1) << 16 | (ont - 1) << 9 | card << 5 | (port - 1)``, where ``slot`` is the linear
slot: line board n is n + 1 on the FX shelf. PON rows of XGS boards carry extra low bits (0x2000 on FWLT-C), where the
ONT number stands in other rows. Board tables have another index: NT-A 4353, NT-B 4354, line board n 4354 + n.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from collectors.snmp.values import Oid
from collectors.snmp.walk import Scope
from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName

LINE_BOARDS = range(1, 17)
"""Numbers of line boards in ONT names: up to 16 on the FX-16 shelf."""

PONS_A_BOARD = 16
XGS_LOW_BITS = 0x2000
"""Low bits of the PON rows of an XGS board."""

_RACK = _SHELF = 1  # one shelf a node: the FX has no other
_NT_A, _NT_B, _LT_0 = 4353, 4354, 4354
_ONE_PON, _ONE_ONT, _ONE_LEVEL = 1 << 16, 1 << 9, 1 << 21


class Level(IntEnum):
    """What a row of the interface table is."""

    UNI = 0
    BRIDGE_PORT = 6
    VLAN_PORT = 7
    PON = 13
    ONT = 14


@dataclass(frozen=True, slots=True)
class Position:
    """The fields of an ifIndex; numbers as in names, from 1, but ``card`` as it stands."""

    slot: int
    level: int
    pon: int
    ont: int
    card: int
    port: int


def unpack(ifindex: int) -> Position:
    """The fields of ``ifindex``; raises `InvalidValueError` outside 32 bits."""
    if not 0 <= ifindex <= 0xFFFFFFFF:
        raise InvalidValueError("ifindex", ifindex, "an ISAM ifIndex of 32 bits")
    return Position(
        slot=(ifindex >> 25) - 1,
        level=ifindex >> 21 & 0xF,
        pon=(ifindex >> 16 & 0x1F) + 1,
        ont=(ifindex >> 9 & 0x7F) + 1,
        card=ifindex >> 5 & 0xF,
        port=(ifindex & 0x1F) + 1,
    )


def _pack(slot: int, level: Level, pon: int = 1, ont: int = 1, card: int = 0, port: int = 1) -> int:
    fields = (("slot", slot, 1, 62), ("pon", pon, 1, 32), ("ont", ont, 1, 128), ("card", card, 0, 15))
    for name, value, lowest, highest in (*fields, ("port", port, 1, 32)):
        if not lowest <= value <= highest:
            raise InvalidValueError(name, value, f"{lowest} to {highest} on an ISAM")
    return (slot + 1) << 25 | level << 21 | (pon - 1) << 16 | (ont - 1) << 9 | card << 5 | (port - 1)


def _on_the_shelf(name: OntName | PonName) -> None:
    if (name.rack, name.shelf) != (_RACK, _SHELF):
        raise InvalidValueError("ont", name, "of rack 1, shelf 1")


def ont_index(name: OntName) -> int:
    """The ifIndex of an ONT; raises `InvalidValueError` for a name that the ISAM cannot have."""
    _on_the_shelf(name)
    return _pack(name.slot, Level.ONT, name.pon, name.ont)


def pon_index(name: PonName, low_bits: int = 0) -> int:
    """The ifIndex of a PON port."""
    _on_the_shelf(name)
    return _pack(name.slot, Level.PON, name.pon) | low_bits


def uni_index(name: OntName, card: int, port: int) -> int:
    """The ifIndex of a user port of an ONT."""
    _on_the_shelf(name)
    return _pack(name.slot, Level.UNI, name.pon, name.ont, card, port)


def unis(name: OntName) -> Scope:
    """Range of the ifIndex of the user ports of an ONT."""
    first = uni_index(name, 0, 1)
    return Scope(first, first + _ONE_ONT - 1)


def onts(pon: PonName) -> Scope:
    """Range of the ifIndex of the ONTs of a PON port."""
    _on_the_shelf(pon)
    first = _pack(pon.slot, Level.ONT, pon.pon)
    return Scope(first, first + _ONE_PON - 1)


def board_rows(slot: int, level: Level) -> Scope:
    """Range of the ifIndex of the rows of one level of a line board."""
    first = _pack(slot, level)
    return Scope(first, first + _ONE_LEVEL - 1)


def ont_name(ifindex: int) -> OntName | None:
    """Name of the ONT of that row; ``None`` when the row is none of an ONT."""
    found = unpack(ifindex)
    if found.level != Level.ONT or found.slot < 1 or (found.card, found.port) != (0, 1):
        return None
    return OntName(_RACK, _SHELF, found.slot, found.pon, found.ont)


def pon_name(ifindex: int) -> PonName | None:
    """Name of the PON port of that row, whatever its low bits; ``None`` when the row is none of a PON port."""
    found = unpack(ifindex)
    if found.level != Level.PON or found.slot < 1:
        return None
    return PonName(_RACK, _SHELF, found.slot, found.pon)


def low_bits(ifindex: int) -> int:
    """What a PON row carries below its PON number."""
    return ifindex & (_ONE_PON - 1)


def omci_port(card: int, port: int) -> int:
    """Second number of the index of the OMCI tables of user ports."""
    return 2 << 28 | card << 22 | port << 16


def card_port(omci: int) -> tuple[int, int] | None:
    """Card and port of that number; ``None`` when it is not of that form."""
    if omci >> 28 != 2 or omci & 0xFFFF:
        return None
    return omci >> 22 & 0x3F, omci >> 16 & 0x3F


def board_index(slot: int) -> int:
    """Index of line board ``slot`` in the board tables, by the rule of the FX shelf (LT1 is 4355)."""
    return _LT_0 + slot


def board_slot(linear_slot: int) -> int | None:
    """Number in ONT names of the board with that linear slot; ``None`` for a board that carries no PON."""
    slot = linear_slot - 1
    return slot if slot in LINE_BOARDS else None


def board_name(index: int, slot: int | None) -> str:
    """Name of a board, as the ISAM's CLI writes it."""
    if slot is not None:
        return f"lt:{_RACK}/{_SHELF}/{slot}"
    return {_NT_A: "nt-a", _NT_B: "nt-b"}.get(index, f"slot:{index}")


def cli_ont(name: OntName) -> str:
    """Name of an ONT in CLI commands, ``1/1/5/10/19``."""
    return f"{name.rack}/{name.shelf}/{name.slot}/{name.pon}/{name.ont}"


def instance(column: Oid, *index: int) -> Oid:
    """Identifier of one row of a column."""
    return (*column, *index)
