"""The ZXA10's PON numbers, both ways.

Two forms stand side by side on one OLT, and firmware differ in each:

- tree 1012: ``0x10000000 | slot << 16 | port << 8``, from 1 in the vendor's tables; a recorded OLT has the same form
  from 0 in its IF-MIB, where 0x10010100 is the name of another port;
- tree 1082: type 4 bits, rack 4, shelf 8, slot 8, port 8: ``0x11010000 | slot << 8 | port``, from 1.

So the names of IF-MIB rows are read (``gpon_1/2/3``), and what the 1012 tables count from is what makes the numbers of
their PON ports fall on names that there are. Numbers of IF-MIB in the form of tree 1082 may be a port's own there only
(they are dealt anew at each start on some builds): they tell those of the tree where they differ from the form by no
more than what they count from. Names have rack 1, then what the OLT prints: ``gpon_1/2/3``, ONU 4 is
``ONT-1-1-2-3-4``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from collectors.driving.layout import WHOLE, CardId, Scope, UniRange
from collectors.snmp.values import Oid
from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName

_NAME = re.compile(
    r"(?!e)[a-z]*-?pon(?:[-_ ]olt)?[-_ ](?:([0-9]{1,2})/)?([0-9]{1,2})/([0-9]{1,3})(?:\x00|\s)*", re.IGNORECASE
)
_ONUS = 256
_RACK = 1
_FORM_1012, _FORM_1082 = 0x10, 0x11  # highest octet of a PON number


def port_name(text: str) -> PonName | None:
    """The PON port of an ifName: ``gpon_1/2/3``, ``gpon-olt_1/2/3`` (C300), ``xgspon_olt-1/2/3`` (C600)."""
    found = _NAME.fullmatch(text.strip())
    return PonName(_RACK, int(found[1] or 1), int(found[2]), int(found[3])) if found else None


def counted_from(numbers: Iterable[int], names: Iterable[PonName]) -> int:
    """What the numbers of tree 1012 count from: 0 where that alone names existing ports, else 1 as in the MIB."""
    known, every = set(names), list(numbers)
    fit = {base: sum(_of_1012(number, base) in known for number in every) for base in (1, 0)}
    return 0 if fit[0] > fit[1] else 1


@dataclass(frozen=True)
class ZxanLayout:
    """`collectors.driving.layout.Layout` of one ZXA10.

    Attributes:
        ports: Number of each PON port in IF-MIB, by ifName.
        base: What the numbers of tree 1012 count from.
        shared: Whether tree 1082 has the numbers of IF-MIB.
    """

    ports: Mapping[int, PonName] = field(default_factory=dict)
    base: int = 1
    shared: bool = True

    def card(self, row: Oid) -> CardId | None:
        """``rack.shelf.slot``."""
        return CardId("/".join(map(str, row)), row[2]) if len(row) == 3 else None

    def pon(self, kind: str, row: Oid) -> PonName | None:
        """The PON port of a number: one that IF-MIB names, wherever IF-MIB names any."""
        name = self.ports.get(row[0]) if kind == "pon.if" else self._decode(row[0])
        return name if name is None or not self.ports or name in self._names else None

    def ont(self, kind: str, row: Oid) -> OntName | None:
        """``port.onu``, with ``.1`` behind in the tables of the ONU's optical interface."""
        pon = self._decode(row[0])
        rest = row[2:]
        if pon is None or len(row) < 2 or rest != ((1,) if ".ani" in kind else ()) or not 1 <= row[1] <= _ONUS:
            return None
        return OntName(pon.rack, pon.shelf, pon.slot, pon.pon, row[1])

    def scope(self, kind: str, pon: PonName | None = None) -> Scope:
        """Everything, or what hangs from one PON port."""
        number = None if pon is None or kind == "board" else self._encode(kind, pon)
        return WHOLE if number is None else Scope(number, number)

    def row(self, kind: str, name: OntName) -> Oid | None:
        """The row of an ONU, of its PON port or of its board; ``None`` for a port that IF-MIB does not name."""
        if name.rack != _RACK or not 1 <= name.ont <= _ONUS:
            raise InvalidValueError("ont", name, "an ONU of rack 1, numbered from 1 to 256")
        if kind == "board":
            return (name.rack, name.shelf, name.slot)
        number = self._encode(kind, name.pon_name)
        if number is None or kind.startswith("pon"):
            return None if number is None else (number,)
        return (number, name.ont, 1) if ".ani" in kind else (number, name.ont)

    def unis(self, kind: str, name: OntName) -> UniRange:
        """``port.onu`` and what follows."""
        row = self.row(kind, name) or (0,)
        return UniRange(row, row)

    @property
    def _names(self) -> frozenset[PonName]:
        return frozenset(self.ports.values())

    def _decode(self, number: int) -> PonName | None:
        if number >> 24 == _FORM_1012:
            return _of_1012(number, self.base)
        if number in self.ports and (self.shared or number >> 24 != _FORM_1082):
            return self.ports[number]
        shelf, slot, port = _of_1082(number)
        return PonName(_RACK, shelf, slot, port) if number >> 24 == _FORM_1082 and shelf and slot and port else None

    def _encode(self, kind: str, pon: PonName) -> int | None:
        named = [number for number, name in self.ports.items() if name == pon]
        if kind == "pon.if":
            return named[0] if named else None
        if kind.endswith("a"):
            less = 1 - self.base
            return _FORM_1012 << 24 | (pon.slot - less) << 16 | (pon.pon - less) << 8
        not_told = {_FORM_1012} if self.shared else {_FORM_1012, _FORM_1082}
        in_form_1082 = [number for number in named if number >> 24 not in not_told]
        return (in_form_1082 or [_FORM_1082 << 24 | pon.shelf << 16 | pon.slot << 8 | pon.pon])[0]


def layout_of(texts: Iterable[tuple[int, bytes]], numbers: Iterable[int]) -> ZxanLayout:
    """The layout of an OLT by its ifNames, and by the numbers that tree 1012 gives its PON ports."""
    named = ((number, port_name(text.decode("ascii", "replace"))) for number, text in texts)
    ports = {number: name for number, name in named if name is not None}
    in_form = {number: name for number, name in ports.items() if number >> 24 == _FORM_1082}
    apart = {
        tuple(said - told for said, told in zip((name.shelf, name.slot, name.pon), _of_1082(number), strict=True))
        for number, name in in_form.items()
    }
    return ZxanLayout(ports, counted_from(numbers, ports.values()), shared=len(apart) <= 1)


def _of_1082(number: int) -> tuple[int, int, int]:
    """Shelf, slot and port as a number of tree 1082 has them."""
    return number >> 16 & 0xFF, number >> 8 & 0xFF, number & 0xFF


def _of_1012(number: int, base: int) -> PonName | None:
    slot, port = (number >> 16 & 0xFF) + 1 - base, (number >> 8 & 0xFF) + 1 - base
    return PonName(_RACK, 1, slot, port) if slot >= 1 and port >= 1 and not number & 0xFF else None
