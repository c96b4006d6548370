"""Index numbers of a Nokia ISAM 7360 FX: ifIndex, board slots, and the Ethernet ports inside ONTs.

Layout seen in a recording of a real FX-8 (30 ONTs decoded) and in public pollers of live OLTs. Written here apart from
the collectors' codec on purpose: a shared one would share its mistakes.
"""

from __future__ import annotations

from domain.identifiers import OntName, PonName

LEVEL_UNI = 0
LEVEL_PON = 13
LEVEL_ONT = 14

XPON_BITS = 0x2000  # extra bits of the PON rows of XGS-PON boards (recording, FWLT-C)

NT_SLOTS = (4353, 4354)  # NT-A, NT-B
_LT_BASE = 4354  # LT n is 4354 + n


def linear_slot(slot: int) -> int:
    """Slot number used in ifIndex, from the slot of ONT names: LT n is n + 1 on FX shelves."""
    return slot + 1


def lt_slot(slot: int) -> int:
    """Index of LT ``slot`` in the board tables (LT 5 is 4359)."""
    return _LT_BASE + slot


def _if_index(slot: int, level: int, pon: int, ont: int, card: int, port: int) -> int:
    fits = 1 <= slot <= 62 and 1 <= pon <= 32 and 1 <= ont <= 128 and 0 <= card <= 15 and 1 <= port <= 32
    if not fits:
        raise ValueError(f"no ifIndex for slot {slot}, PON {pon}, ONT {ont}, card {card}, port {port}")
    return linear_slot(slot) << 25 | level << 21 | (pon - 1) << 16 | (ont - 1) << 9 | card << 5 | (port - 1)


def pon_index(pon: PonName, *, xpon: bool = False) -> int:
    """IfIndex of a PON port; ``xpon`` for the boards that add bits to it."""
    return _if_index(pon.slot, LEVEL_PON, pon.pon, 1, 0, 1) | (XPON_BITS if xpon else 0)


def ont_index(ont: OntName) -> int:
    """IfIndex of an ONT."""
    return _if_index(ont.slot, LEVEL_ONT, ont.pon, ont.ont, 0, 1)


def uni_index(ont: OntName, card: int, port: int) -> int:
    """IfIndex of an Ethernet port of an ONT; ``port`` from 1."""
    return _if_index(ont.slot, LEVEL_UNI, ont.pon, ont.ont, card, port)


def uni_slot(card: int, port: int) -> int:
    """Second index of the UNI tables of the PON MIB: card and port of the Ethernet port."""
    return 2 << 28 | card << 22 | port << 16
