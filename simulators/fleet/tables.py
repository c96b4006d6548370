"""Tables of an OLT of the fleet: families of rows, columns of values, and columns already encoded."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulators.fleet.wire import Blob, Field, arcs, column, joined
from simulators.snmp.ber import BerError, Oid, decode_oid, encode_oid

if TYPE_CHECKING:
    from simulators.fleet.model import Olt

_NO_INDEX = Field(np.zeros((0, 1), np.uint8))
_NOTHING = Blob(b"", 1, array("I"))
_HIGHEST = {32: 0xFFFFFFFF, 16: 0xFFFF}


class Changes(IntEnum):
    """When the values of a column change, hence when it is encoded again."""

    NEVER = 0  # but for which rows there are
    WITH_STATE = 1  # a fault, a repair
    WITH_LIGHT = 2  # also as temperature, ageing and noise go by
    WITH_COUNTERS = 3  # also as traffic goes by
    ALWAYS = 4  # sysUpTime


class Family:
    """The rows of one or several columns, in the order of their index.

    Args:
        index: One array an arc of the index; rows need not be in order.
        present: Which rows there are; all without it.
    """

    __slots__ = ("_bits", "_index", "_suffixes", "keys", "order")

    def __init__(self, index: Sequence[NDArray[np.generic]], present: NDArray[np.bool_] | None = None) -> None:
        self._bits = (32,) if len(index) == 1 else (32, 32) if len(index) == 2 else (32, 16, 16)
        packed = np.zeros(len(index[0]), np.uint64)
        for part, bits in zip(index, self._bits, strict=True):
            packed = packed << np.uint64(bits) | part.astype(np.uint64)
        rows = np.arange(len(packed)) if present is None else np.flatnonzero(present)
        self.order = rows[np.argsort(packed[rows], kind="stable")]
        self.keys = array("Q", packed[self.order].tobytes())
        self._index = index
        self._suffixes: Field | None = None

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def suffixes(self) -> Field:
        """The index of every row as octets, worked out when first asked for: most families of most OLTs never are."""
        if self._suffixes is None:
            parts = [arcs(part[self.order].astype(np.int64)) for part in self._index if len(part)]
            self._suffixes = joined(parts or [_NO_INDEX])
        return self._suffixes

    def after(self, suffix: Oid) -> int:
        """Place of the first row that follows an index in the order of OIDs; the index may be shorter or longer."""
        if len(suffix) == 1 == len(self._bits):
            return bisect_right(self.keys, suffix[0])
        packed = 0
        for place, bits in enumerate(self._bits):
            arc = min(suffix[place], _HIGHEST[bits]) if place < len(suffix) else 0
            packed = packed << bits | arc
        if len(suffix) < len(self._bits):
            return bisect_left(self.keys, packed)
        return bisect_right(self.keys, packed)

    def place(self, suffix: Oid) -> int | None:
        """Place of exactly that index."""
        if len(suffix) != len(self._bits):
            return None
        found = self.after(suffix) - 1
        if found < 0:
            return None
        packed = 0
        for arc, bits in zip(suffix, self._bits, strict=True):
            packed = packed << bits | arc
        return found if self.keys[found] == packed else None


Write = Callable[["Olt", int, int], Callable[[], None] | None]
"""What an INTEGER means for a row, in the order in which the family was given its rows; ``None``: it means nothing."""


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column of a vendor.

    Attributes:
        prefix: OID of the column.
        family: Name of its family of rows.
        changes: When its values change.
        values: Value of every row as TLVs, in the order in which the family was given its rows.
        slow: Whether the OLT asks its modules or its ONTs at each read (`Behaviour.ddm_delay_s`).
        write: What setting it means; ``None``: it cannot be set.
    """

    prefix: Oid
    family: str
    changes: Changes
    values: Callable[[Olt], Field]
    slow: bool = False
    write: Write | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What an OLT says of itself, whatever the window.

    Attributes:
        vendor: What the rest of the simulator calls it; ``dialect`` which of its firmware, where there are several.
        descr: Its sysDescr.
        models: Of its ONTs: maker, equipment, firmware, firmware before it, and its hardware or its Ethernet card.
        gpon_board: Type of a board of G-PON; ``xgs_board``, ``control_board``.
        seat: Slot of the control board, where boards without PON are numbered.
    """

    vendor: str
    descr: str
    models: Sequence[tuple[bytes, bytes, bytes, bytes, object]]
    gpon_board: str
    xgs_board: str
    control_board: str
    dialect: str = ""
    software: str = ""
    seat: int | None = 9


class VendorTables:
    """The columns of a vendor, in the order of their OIDs, none within another.

    Args:
        families: Gives the families of an OLT, by name.
        columns: Its columns.
        first: What it counts PON ports and ONTs from: 0 or 1.
        words: What it says of itself elsewhere too.
    """

    def __init__(
        self,
        families: Callable[[Olt], dict[str, Family]],
        columns: Sequence[ColumnSpec],
        *,
        words: Words,
        first: int = 1,
    ) -> None:
        self.families, self.first = families, first
        self.words = words
        self.vendor, self.dialect = words.vendor, words.dialect
        self.columns = sorted(columns, key=lambda spec: spec.prefix)
        self.prefixes = [spec.prefix for spec in self.columns]
        self.wires = [encode_oid(spec.prefix) for spec in self.columns]
        self.by_wire = {wire: place for place, wire in enumerate(self.wires)}
        self.depths = sorted({len(wire) for wire in self.wires}, reverse=True)
        for before, after in zip(self.prefixes, self.prefixes[1:], strict=False):
            if after[: len(before)] == before:
                raise ValueError(f"column {after} lies within column {before}")


class Encoded:
    """The columns of one OLT, each encoded when it is first asked for after its values changed.

    Attributes:
        grown: Octets that its encoded columns have gained since whoever watches memory put this back to 0.
    """

    __slots__ = ("_blobs", "_families", "_rows_version", "_stamps", "grown", "olt", "tables")

    def __init__(self, olt: Olt, tables: VendorTables) -> None:
        self.olt, self.tables = olt, tables
        self._families, self._rows_version = tables.families(olt), olt.rows_version
        self._blobs: list[Blob | None] = [None] * len(tables.columns)
        self._stamps = [-1] * len(tables.columns)
        self.grown = 0

    def family(self, place: int) -> Family:
        """The rows of the column at that place."""
        if self._rows_version != self.olt.rows_version:
            self._families, self._rows_version = self.tables.families(self.olt), self.olt.rows_version
        return self._families[self.tables.columns[place].family]

    def blob(self, place: int) -> Blob:
        """The column at that place, as it is now."""
        spec = self.tables.columns[place]
        stamp = self.olt.stamp(spec.changes)
        found = self._blobs[place]
        if found is not None and self._stamps[place] == stamp:
            return found
        family = self.family(place)
        made = _NOTHING
        if len(family):
            made = column(self.tables.wires[place], family.suffixes, spec.values(self.olt).take(family.order))
        self.grown += made.octets - (found.octets if found is not None else 0)
        self._blobs[place], self._stamps[place] = made, stamp
        return made

    def forget(self) -> int:
        """Give the memory back; returns how many octets."""
        given = sum(blob.octets for blob in self._blobs if blob is not None) - self.grown
        self._blobs = [None] * len(self._blobs)
        self.grown = 0
        return given

    def find(self, name: bytes) -> tuple[int, int]:
        """Column and row that follow an OID, given as its content octets; raises `BerError`."""
        tables = self.tables
        for depth in tables.depths:
            place = tables.by_wire.get(name[:depth])
            if place is None:
                continue
            rest = name[depth:]
            return place, self.family(place).after(_suffix(rest)) if rest else 0
        return bisect_right(tables.prefixes, decode_oid(name)), 0

    def exact(self, name: bytes) -> tuple[int, int | None]:
        """Column (−1 when there is none) and row of exactly that OID; raises `BerError`."""
        tables = self.tables
        for depth in tables.depths:
            place = tables.by_wire.get(name[:depth])
            if place is None or not len(self.family(place)):
                continue
            rest = name[depth:]
            return place, self.family(place).place(_suffix(rest)) if rest else None
        decode_oid(name)
        return -1, None


def _suffix(content: bytes) -> Oid:
    """Arcs of an index, which are those of any OID but for the first octet, which packs two."""
    if content[-1] & 0x80:
        raise BerError("an OBJECT IDENTIFIER cut inside an arc")
    found: list[int] = []
    value = 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if octet < 0x80:
            found.append(value)
            value = 0
    if max(found) > 0xFFFFFFFF:
        raise BerError("an arc beyond 32 bits")
    return tuple(found)
