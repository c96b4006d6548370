"""The ISAM's polling cycle: its ifIndex for whole arrays, and the ranges of the interface table that hold ONTs.

The same layout as `index`, on arrays; both are compared by tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collectors.columns import Column
from collectors.cycle.plan import NOT_A_NAME, Plan, Rows, telemetry
from collectors.snmp.column_types import Index
from collectors.snmp.values import Oid
from collectors.snmp.walk import WHOLE, Scope
from collectors.vendors.nokia_isam import facts, index
from collectors.vendors.nokia_isam.index import Level
from domain.telemetry import PON_ROW, Keys

_IF_MIB: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_BITS = 12  # of each number of a packed name (domain.telemetry.pack)
_SHELF = (1 << _BITS | 1) << 3 * _BITS  # rack 1, shelf 1: one shelf a node
_LOW = (1 << 9) - 1  # card and port of an ifIndex: 0 on the row of an ONT
_MOST_ONTS = 128


def _packed(rows: Keys, slots: Keys, ont: Keys | np.int64) -> Keys:
    pon = (rows >> 16 & 0x1F) + 1
    return _SHELF | slots << 2 * _BITS | pon << _BITS | ont


@dataclass(frozen=True, slots=True)
class OntRows:
    """Rows indexed by the ifIndex of an ONT."""

    arity: int = 1

    def keys(self, index: Index) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        rows = index[:, 0]
        slots = (rows >> 25) - 1
        of_an_ont = (rows >> 21 & 0xF == Level.ONT) & (slots >= 1) & (rows & _LOW == 0) & (rows >> 32 == 0)
        return np.where(of_an_ont, _packed(rows, slots, (rows >> 9 & 0x7F) + 1), NOT_A_NAME)

    def first(self, keys: Keys) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        ont = (keys & 0xFFF) - 1
        return _level(keys, Level.ONT) | ont << 9


@dataclass(frozen=True, slots=True)
class PonOntRows:
    """Rows indexed by the ifIndex of a PON port, whatever its low bits, and the number of the ONT."""

    arity: int = 2

    def keys(self, index: Index) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        rows, onts = index[:, 0], index[:, 1]
        slots = (rows >> 25) - 1
        valid = (rows >> 21 & 0xF == Level.PON) & (slots >= 1) & (onts >= 1) & (onts <= _MOST_ONTS) & (rows >> 32 == 0)
        return np.where(valid, _packed(rows, slots, onts), NOT_A_NAME)

    def first(self, keys: Keys) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        return _level(keys, Level.PON)


def _level(keys: Keys, level: Level) -> Keys:
    slot, pon = keys >> 2 * _BITS & 0xFFF, (keys >> _BITS & 0xFFF) - 1
    return (slot + 1) << 25 | int(level) << 21 | pon << 16


@dataclass(frozen=True, slots=True)
class PonRows:
    """Rows indexed by the ifIndex of a PON port, whatever its low bits."""

    arity: int = 1

    def keys(self, index: Index) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        rows = index[:, 0]
        slots = (rows >> 25) - 1
        valid = (rows >> 21 & 0xF == Level.PON) & (slots >= 1) & (rows >> 32 == 0)
        return np.where(valid, _packed(rows, slots, np.int64(PON_ROW)), NOT_A_NAME)

    def first(self, keys: Keys) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        return _level(keys, Level.PON)


def _everywhere(column: Column) -> bool:
    """A whole column of the interface table would bring thousands of bridge and VLAN ports with it."""
    return column.oid[: len(_IF_MIB)] != _IF_MIB


def _scopes(column: Column, keys: Keys | None) -> Sequence[Scope]:
    """Of the interface table, the ONT or PON rows of the line boards that have ONTs; of all where none is known."""
    if _everywhere(column):
        return (WHOLE,)
    level = Level.PON if column.index == "pon" else Level.ONT
    known = () if keys is None else np.unique(keys >> 2 * _BITS & 0xFFF)
    boards = [int(slot) for slot in known] or list(index.LINE_BOARDS)
    return [index.board_rows(slot, level) for slot in boards]


_ROWS: Mapping[str, Rows] = {"ont": OntRows(), "pon_ont": PonOntRows(), "pon": PonRows()}

PLAN = Plan(
    telemetry(facts.load().table.columns, _ROWS),
    lambda _learnt: _ROWS,
    scopes=_scopes,
    later=lambda column: not _everywhere(column),
    onts=(1, _MOST_ONTS),
)
