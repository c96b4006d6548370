"""How a vendor indexes its tables: the one thing that a driver must write in Python.

The kind of a row is what its column declares as ``index``: an entity (``scalar``, ``board``, ``pon``, ``ont``, ``uni``,
``new``), and after a dot, where a vendor indexes one entity in several ways, which one: ``ont``, ``ont.ani``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from collectors.snmp.values import Oid
from collectors.snmp.walk import WHOLE, Scope
from domain.identifiers import OntName, PonName

__all__ = ["WHOLE", "CardId", "Layout", "Scope", "UniRange"]


@dataclass(frozen=True, slots=True)
class CardId:
    """A board: its name in the vendor's words, and its slot in ONT names."""

    name: str
    slot: int | None


@dataclass(frozen=True, slots=True)
class UniRange:
    """Where the user ports of an ONT stand: indexes above ``first``, up to those that begin with ``last``."""

    first: Oid
    last: Oid

    def holds(self, row: Oid) -> bool:
        """Whether a row is in it."""
        return row > self.first and row[: len(self.last)] <= self.last


class Layout(Protocol):
    """Rows to names and back, on one OLT. What cannot be a row of the vendor's is ``None``, never a guess."""

    def card(self, row: Oid) -> CardId | None:
        """The board of a row."""
        ...

    def pon(self, kind: str, row: Oid) -> PonName | None:
        """The PON port of a row."""
        ...

    def ont(self, kind: str, row: Oid) -> OntName | None:
        """The ONT of a row."""
        ...

    def scope(self, kind: str, pon: PonName | None = None) -> Scope:
        """Where rows of a kind stand: all of them, or those of the ONTs of ``pon``."""
        ...

    def row(self, kind: str, name: OntName) -> Oid | None:
        """The row of an ONT, of its PON port or of its board; `InvalidValueError` for an impossible name."""
        ...

    def unis(self, kind: str, name: OntName) -> UniRange:
        """Where the user ports of an ONT stand."""
        ...
