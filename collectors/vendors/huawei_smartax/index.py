"""The SmartAX's indexes, both ways.

ifIndex of a PON port: ``0xFA000000 + slot * 0x2000 + port * 0x100``, both from 0 (recording and 3 walks). ONT rows are
``ifIndex.ontId``, user ports ``ifIndex.ontId.port``, boards ``frame.slot``.

Names keep the OLT's own numbers, which count from 0: port 0/5/1, ONT 3 is ``ONT-0-0-5-1-3`` (rack 0, frame 0). Frames
other than 0 exist on no shelf that was seen, and the place of their number is not known: their rows have no name.
"""

from __future__ import annotations

from collectors.driving.layout import WHOLE, CardId, Scope, UniRange
from collectors.snmp.values import Oid
from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName

_GPON = 0xFA000000
_SLOT, _PORT = 0x2000, 0x100
_SLOTS, _PORTS, _ONTS = 32, 32, 256  # what the fields hold; ONT numbers go to 127 on G-PON, 255 on XGS-PON
_LAST = _GPON + _SLOTS * _SLOT - 1


class SmartaxLayout:
    """`collectors.driving.layout.Layout` of every SmartAX."""

    def card(self, row: Oid) -> CardId | None:
        """``frame.slot``."""
        return CardId(f"{row[0]}/{row[1]}", row[1] if row[0] == 0 else None) if len(row) == 2 else None

    def pon(self, _kind: str, row: Oid) -> PonName | None:
        """``ifIndex``, whatever follows it."""
        place = divmod(row[0] - _GPON, _SLOT)
        if not _GPON <= row[0] <= _LAST or row[0] % _PORT:
            return None
        return PonName(0, 0, place[0], place[1] // _PORT)

    def ont(self, kind: str, row: Oid) -> OntName | None:
        """``ifIndex.ontId``."""
        pon = self.pon(kind, row)
        if pon is None or len(row) != 2 or not row[1] < _ONTS:
            return None
        return OntName(pon.rack, pon.shelf, pon.slot, pon.pon, row[1])

    def scope(self, kind: str, pon: PonName | None = None) -> Scope:
        """The PON ports' rows, among the interfaces of the OLT."""
        if kind == "board":
            return WHOLE
        return Scope(_GPON, _LAST) if pon is None else Scope(_if_index(pon), _if_index(pon))

    def row(self, kind: str, name: OntName) -> Oid | None:
        """The row of an ONT, of its PON port or of its board."""
        index = _if_index(name.pon_name)
        if not 0 <= name.ont < _ONTS:
            raise InvalidValueError("ont", name, "an ONT number of 0 to 255")
        return {"board": (0, name.slot), "pon": (index,), "ont": (index, name.ont)}.get(kind)

    def unis(self, _kind: str, name: OntName) -> UniRange:
        """``ifIndex.ontId.port``."""
        row = (_if_index(name.pon_name), name.ont)
        return UniRange(row, row)


def _if_index(pon: PonName) -> int:
    if (pon.rack, pon.shelf) != (0, 0) or pon.slot >= _SLOTS or pon.pon >= _PORTS:
        raise InvalidValueError("pon", pon, "a PON port of rack 0, frame 0, slots and ports from 0 to 31")
    return _GPON + pon.slot * _SLOT + pon.pon * _PORT
