"""An ordered view of managed objects: columns of rows, each value read when it is asked for.

A column is a prefix and a set of rows; a scalar is a column of one row ``.0``. Columns share their row sets, so that
a table of 16,384 rows and 30 columns stays small. A recording, whose columns are unknown, is a flat list of rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from simulators.snmp.ber import NO_SUCH_INSTANCE, NO_SUCH_OBJECT, OBJECT_ID, Oid, encode_arcs, encode_oid, tlv
from simulators.snmp.message import varbind

T = TypeVar("T")


class Walk(Protocol):
    """A place in the order of a view.

    Attributes:
        name: OID of the last instance given, as a TLV; the OID asked before the first.
        value: Its value, as a TLV.
    """

    name: bytes
    value: bytes

    def advance(self) -> bytes | None:
        """The next instance as a variable binding; ``None`` past the last."""
        ...


@runtime_checkable
class Writes(Protocol):
    """A view of which something may be set."""

    def writer(self, oid: Oid) -> Callable[[int], Callable[[], None] | None] | None:
        """How that instance is set: gives what a value changes, or ``None`` for a value that it cannot have.

        ``None`` where it cannot be set, or is of no object that can.
        """
        ...


class View(Protocol):
    """What a responder answers from."""

    def get(self, oid: Oid) -> bytes:
        """The value of exactly that instance as a TLV, else noSuchObject or noSuchInstance (RFC 3416 4.2.1)."""
        ...

    def after(self, oid: Oid, name: bytes) -> Walk:
        """The instances that follow ``oid`` (RFC 3416 4.2.2); ``name`` is its TLV."""
        ...


class RowSet(Generic[T]):
    """The rows of one or several columns, in the order of their index.

    Attributes:
        suffixes: Indexes in order.
        items: What each row is about, in the same order.
        position: Index → place in the order.
    """

    __slots__ = ("items", "position", "suffixes", "wires")

    def __init__(self, rows: Iterable[tuple[Oid, T]]) -> None:
        ordered = sorted(rows, key=lambda row: row[0])
        self.suffixes = [suffix for suffix, _ in ordered]
        self.items = [item for _, item in ordered]
        self.wires = [encode_arcs(suffix) for suffix in self.suffixes]
        self.position = {suffix: place for place, suffix in enumerate(self.suffixes)}
        if len(self.position) != len(ordered):
            raise ValueError("two rows with the same index")


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column of a table.

    Attributes:
        prefix: OID of the column, without index.
        rows: Its rows.
        read: Value of a row as a TLV, read at each request; ``None`` where the row has no such instance.
        write: What setting a row to a value changes, ``None`` for a value that it cannot have; without it nothing may
            be set.
    """

    prefix: Oid
    rows: RowSet[T]
    read: Callable[[T], bytes | None]
    write: Callable[[T, int], Callable[[], None] | None] | None = None


def scalar(oid: Oid, read: Callable[[], bytes]) -> Column[None]:
    """A scalar object: ``oid`` is given without its ``.0``."""
    return Column(oid, RowSet([((0,), None)]), lambda _: read())


class Mib:
    """Columns in the order of their OIDs, none within another."""

    def __init__(self, columns: Iterable[Column[Any]]) -> None:
        self._columns = sorted((column for column in columns if column.rows.items), key=lambda column: column.prefix)
        self._prefixes = [column.prefix for column in self._columns]
        self._wires = [encode_oid(column.prefix) for column in self._columns]
        for before, after in zip(self._prefixes, self._prefixes[1:], strict=False):
            if after[: len(before)] == before:
                raise ValueError(f"column {after} lies within column {before}")

    def get(self, oid: Oid) -> bytes:
        """The value of exactly that instance, else noSuchObject or noSuchInstance (RFC 3416 4.2.1)."""
        found = bisect_right(self._prefixes, oid) - 1
        if found < 0:
            return NO_SUCH_OBJECT
        column = self._columns[found]
        depth = len(column.prefix)
        if oid[:depth] != column.prefix:
            return NO_SUCH_OBJECT
        place = column.rows.position.get(oid[depth:])
        if place is None:
            return NO_SUCH_INSTANCE
        value: bytes | None = column.read(column.rows.items[place])
        return NO_SUCH_INSTANCE if value is None else value

    def writer(self, oid: Oid) -> Callable[[int], Callable[[], None] | None] | None:
        """See `Writes.writer`."""
        found = bisect_right(self._prefixes, oid) - 1
        column = self._columns[found] if found >= 0 else None
        if column is None or column.write is None or oid[: len(column.prefix)] != column.prefix:
            return None
        place = column.rows.position.get(oid[len(column.prefix) :])
        return partial(column.write, column.rows.items[place]) if place is not None else lambda _: None

    def after(self, oid: Oid, name: bytes) -> Cursor:
        """A cursor on the instances that follow ``oid``; ``name`` is its TLV."""
        found = bisect_right(self._prefixes, oid) - 1
        if found < 0:
            return Cursor(self._columns, self._wires, 0, 0, name)
        column = self._columns[found]
        depth = len(column.prefix)
        if oid[:depth] != column.prefix:
            return Cursor(self._columns, self._wires, found + 1, 0, name)
        return Cursor(self._columns, self._wires, found, bisect_right(column.rows.suffixes, oid[depth:]), name)


class Cursor:
    """A `Walk` over columns."""

    __slots__ = ("_column", "_columns", "_row", "_wires", "name", "value")

    def __init__(self, columns: list[Column[Any]], wires: list[bytes], column: int, row: int, name: bytes) -> None:
        self._columns, self._wires, self._column, self._row = columns, wires, column, row
        self.name = name
        self.value = b""

    def advance(self) -> bytes | None:
        """The next instance as a variable binding; ``None`` past the last."""
        while self._column < len(self._columns):
            column = self._columns[self._column]
            rows = column.rows
            for row in range(self._row, len(rows.items)):
                value: bytes | None = column.read(rows.items[row])
                if value is not None:
                    self._row = row + 1
                    self.value = value
                    self.name = tlv(OBJECT_ID, self._wires[self._column] + rows.wires[row])
                    return varbind(self.name, value)
            self._column += 1
            self._row = 0
        return None


class FlatMib:
    """Rows that never change: OID → value as a TLV."""

    def __init__(self, rows: Iterable[tuple[Oid, bytes]]) -> None:
        ordered = sorted(rows, key=lambda row: row[0])
        self.oids = [oid for oid, _ in ordered]
        self._values = dict(ordered)
        names = [tlv(OBJECT_ID, encode_oid(oid)) for oid in self.oids]
        self._wire = [(name, value) for name, (_, value) in zip(names, ordered, strict=True)]

    def get(self, oid: Oid) -> bytes:
        """The value of that instance. Objects are guessed from their rows: siblings make a missing one an instance."""
        value = self._values.get(oid)
        if value is not None:
            return value
        place = bisect_right(self.oids, oid)
        siblings = (self.oids[near][:-1] == oid[:-1] for near in (place - 1, place) if 0 <= near < len(self.oids))
        return NO_SUCH_INSTANCE if any(siblings) else NO_SUCH_OBJECT

    def after(self, oid: Oid, name: bytes) -> FlatCursor:
        """A cursor on the instances that follow ``oid``; ``name`` is its TLV."""
        return FlatCursor(self._wire, bisect_right(self.oids, oid), name)


class FlatCursor:
    """A `Walk` over a flat list."""

    __slots__ = ("_row", "_wire", "name", "value")

    def __init__(self, wire: list[tuple[bytes, bytes]], row: int, name: bytes) -> None:
        self._wire, self._row, self.name = wire, row, name
        self.value = b""

    def advance(self) -> bytes | None:
        """The next instance as a variable binding; ``None`` past the last."""
        if self._row >= len(self._wire):
            return None
        self.name, self.value = self._wire[self._row]
        self._row += 1
        return varbind(self.name, self.value)
