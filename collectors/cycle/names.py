"""The names of the rows of a cycle, computed once for each index: columns mostly share theirs, and so do cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from collectors.cycle.plan import Rows
from collectors.snmp.column_types import ColumnResult, Index
from domain.telemetry import Keys

BITS = 12
"""Of the ONT number in a packed name: ``key >> BITS`` tells the PON port."""

_Held = dict[tuple[int, int], tuple[Index, Rows, Keys]]


@dataclass(slots=True)
class Names:
    """Names of rows by index: the reader gives the same array to columns, and to reads of one OLT, of the same rows.

    Attributes:
        used: What this cycle used: the next one may use it again.
    """

    before: _Held = field(default_factory=dict)
    used: _Held = field(default_factory=dict)

    def of(self, rows: Rows, index: Index) -> Keys:
        """The packed name of each row of ``index``, -1 where it is no ONT's."""
        key = (id(index), id(rows))
        held = self.used.get(key) or self.before.get(key)
        if held is None or held[0] is not index or held[1] is not rows:
            held = (index, rows, rows.keys(index))
        self.used[key] = held
        return held[2]

    def union(self, columns: Sequence[tuple[Rows, ColumnResult]]) -> Keys:
        """The ONTs that have a row in any column, spoilt rows included; strictly increasing."""
        named = {id(keys): keys for keys in (self.of(rows, result.index) for rows, result in columns)}
        distinct = list(named.values())
        for rows, result in columns:
            spoilt = [index for index in result.spoilt if len(index) == rows.arity]
            if spoilt:
                distinct.append(rows.keys(np.array(spoilt, dtype=np.int64)))
        if not distinct:
            return np.empty(0, dtype=np.int64)
        first = distinct[0]
        if _increasing(first) and all(np.array_equal(first, keys) for keys in distinct[1:]):
            return first
        keys = np.unique(np.concatenate(distinct))
        return keys[keys >= 0]


def merged(one: Keys, other: Keys) -> Keys:
    """The names of either, both strictly increasing: mostly they are the same ones, or there are none of the other."""
    if not len(other) or np.array_equal(one, other):
        return one
    return np.union1d(one, other)


def ports_of(keys: Keys) -> Keys:
    """The PON ports of strictly increasing names, without their last part."""
    ports = keys >> BITS
    return ports[np.flatnonzero(np.diff(ports, prepend=-1))]


def _increasing(keys: Keys) -> bool:
    return len(keys) > 0 and bool(keys[0] >= 0) and bool(np.all(keys[1:] > keys[:-1]))
