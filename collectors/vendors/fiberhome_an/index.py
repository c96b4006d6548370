"""The AN5516's and AN6000's indexes, both ways.

ONU index: ``slot << 25 | pon << 19 | onu << 8``, all from 1 (two public code bases); the PON port's is the same
without ONU, a user port's has its number in the low octet. Names have rack 1 and shelf 1: one frame a node.
"""

from __future__ import annotations

from collectors.driving.layout import WHOLE, CardId, Scope, UniRange
from collectors.snmp.values import Oid
from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName

_SLOT, _PON, _ONU = 25, 19, 8
_SLOTS, _PONS, _ONUS = 64, 64, 256
_RACK = _SHELF = 1


class FiberhomeLayout:
    """`collectors.driving.layout.Layout` of every AN5516 and AN6000."""

    def card(self, row: Oid) -> CardId | None:
        """``slot``."""
        return CardId(str(row[0]), row[0]) if len(row) == 1 else None

    def pon(self, _kind: str, row: Oid) -> PonName | None:
        """The PON port of an index, whatever its low bits."""
        slot, pon = row[0] >> _SLOT, row[0] >> _PON & 0x3F
        return PonName(_RACK, _SHELF, slot, pon) if 1 <= slot < _SLOTS and pon else None

    def ont(self, kind: str, row: Oid) -> OntName | None:
        """``onuIndex``, or ``ponIndex.onu``."""
        pon = self.pon(kind, row)
        if kind == "ont.pair":
            onu = row[1] if len(row) == 2 else 0
        else:
            onu = row[0] >> _ONU & 0x7FF if len(row) == 1 and not row[0] & 0xFF else 0
        if pon is None or not 1 <= onu <= _ONUS:
            return None
        return OntName(pon.rack, pon.shelf, pon.slot, pon.pon, onu)

    def scope(self, kind: str, pon: PonName | None = None) -> Scope:
        """Everything, or what hangs from one PON port."""
        if pon is None or kind == "board":
            return WHOLE
        first = _index(pon)
        return Scope(first, first) if kind == "ont.pair" else Scope(first, first + (1 << _PON) - 1)

    def row(self, kind: str, name: OntName) -> Oid | None:
        """The row of an ONU, of its PON port or of its board."""
        pon, onu = _index(name.pon_name), _onu(name)
        return {"board": (name.slot,), "pon": (pon,), "ont": (onu,), "ont.pair": (pon, name.ont)}.get(kind)

    def unis(self, _kind: str, name: OntName) -> UniRange:
        """The indexes between this ONU's and the next one's."""
        return UniRange((_onu(name),), (_onu(name) | 0xFF,))


def _index(pon: PonName) -> int:
    if (pon.rack, pon.shelf) != (_RACK, _SHELF) or not (1 <= pon.slot < _SLOTS and 1 <= pon.pon < _PONS):
        raise InvalidValueError("pon", pon, "a PON port of rack 1, shelf 1, slots and ports from 1 to 63")
    return pon.slot << _SLOT | pon.pon << _PON


def _onu(name: OntName) -> int:
    if not 1 <= name.ont <= _ONUS:
        raise InvalidValueError("ont", name, "an ONU number of 1 to 256")
    return _index(name.pon_name) | name.ont << _ONU
