"""What columns brought, laid along the names of their rows: one array a metric, a reason wherever there is no value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collectors.columns import Column, Moment
from collectors.cycle.names import Names
from collectors.cycle.plan import Rows
from collectors.cycle.units import Converted, convert
from collectors.snmp.column_types import ColumnResult
from collectors.snmp.walk import WHOLE
from domain.metrics.olt import PON_OPER
from domain.reading import Reason
from domain.states import Oper
from domain.telemetry import REASON_CODES, Keys, encode

_NOT_SUPPORTED, _NOT_READ = REASON_CODES[Reason.NOT_SUPPORTED], REASON_CODES[Reason.NOT_READ]
_UP = encode(PON_OPER, Oper.UP)
_NONE = np.array([-1], dtype=np.int64)

Brought = tuple[Column, Rows, ColumnResult]
"""A column, how its rows are named, and what came of it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of rows of one kind: of ONTs, or of PON ports."""

    columns: Sequence[Brought]
    names: Names
    moment: Moment

    def keys(self) -> Keys:
        """Every name that any column has; strictly increasing."""
        return self.names.union([(rows, result) for _, rows, result in self.columns])

    def laid(self, keys: Keys) -> dict[Any, Converted]:
        """Each metric along ``keys``."""
        others = self._others(keys)
        return {column.target: self._lay(column, rows, result, keys, others) for column, rows, result in self.columns}

    def _lay(
        self, column: Column, rows: Rows, result: ColumnResult, keys: Keys, others: NDArray[np.int64]
    ) -> Converted:
        """A column along ``keys``: what has no row has the reason why; of two rows of one name the first tells."""
        converted = convert(column, result.values, self.moment)
        own = self.names.of(rows, result.index)
        if len(own) == len(keys) and np.array_equal(own, keys):
            return converted
        values = np.full(len(keys), np.nan)
        reasons = np.full(len(keys), _NOT_SUPPORTED, dtype=np.uint8)
        _unknown(result, rows, keys, reasons)
        mine = own >= 0
        if len(others):
            mine &= ~np.isin(result.index[:, 0], others)
        last_to_first = np.flatnonzero(mine)[::-1]
        at = np.searchsorted(keys, own[last_to_first])
        values[at], reasons[at] = converted.values[last_to_first], converted.reasons[last_to_first]
        return Converted(values, reasons)

    def _others(self, keys: Keys) -> NDArray[np.int64]:
        """Numbers of PON ports that bear the name of another (GPON and XGS on one board): the one up stands for it."""
        found = next((brought for brought in self.columns if brought[0].target is PON_OPER), None)
        if found is None:
            return np.empty(0, dtype=np.int64)
        column, rows, result = found
        own = self.names.of(rows, result.index)
        if np.array_equal(own, keys):
            return np.empty(0, dtype=np.int64)
        up = convert(column, result.values, self.moment).values == _UP
        order = np.lexsort((~up, own))
        twice = np.flatnonzero(np.diff(own[order], prepend=-2) == 0)
        return np.asarray(result.index[order[twice], 0])


def _unknown(result: ColumnResult, rows: Rows, keys: Keys, reasons: Any) -> None:
    """Write why rows are unknown into ``reasons``, along ``keys``: nobody asked, a gap, a value that is spoilt."""
    if result.scopes != (WHOLE,):
        first = rows.first(keys)
        place = np.searchsorted([scope.first for scope in result.scopes], first, side="right") - 1
        last = np.array([scope.last for scope in result.scopes], dtype=np.int64)
        reasons[(place < 0) | (first > last[place])] = _NOT_READ
    for gap in reversed(result.gaps):  # the first one tells, where two overlap
        first = rows.first(keys)
        within = (first >= gap.scope.first) & (first <= gap.scope.last)
        after = rows.keys(np.array([gap.after], dtype=np.int64)) if gap.after is not None else _NONE
        if after[0] >= 0:  # rows stand in the order of their numbers, which need not be that of the names
            known = rows.first(after)[0]
            within &= (first > known) | ((first == known) & (keys > after[0]))
        reasons[within] = REASON_CODES[gap.reason]
    for index, reason in result.spoilt.items():
        if len(index) == rows.arity:
            at = np.nonzero(keys == rows.keys(np.array([index], dtype=np.int64)))
            reasons[at] = REASON_CODES[reason]
