"""One cycle of one OLT: its due columns, read by the fast column reader, as a batch of telemetry.

No object per ONT: rows are packed names in arrays, and each column is treated as a whole. The tables that hold ONTs
only are read first; the interface table, which holds everything, is then read where they have shown ONTs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import numpy as np

from collectors.columns import Column, Moment
from collectors.cycle.cadence import Cadences, due
from collectors.cycle.names import Names
from collectors.cycle.plan import Plan, plan
from collectors.cycle.settle import settle
from collectors.cycle.units import Converted, convert
from collectors.load import Budgets, OltBudget
from collectors.snmp.column_types import ColumnKind, ColumnRequest, ColumnResult
from collectors.snmp.values import Oid
from collectors.snmp.walk import WHOLE
from domain.clock import Clock
from domain.metric import Metric
from domain.olt import OltTarget
from domain.reading import Reason
from domain.secret import Secret
from domain.telemetry import REASON_CODES, Batch, Keys

_NOT_SUPPORTED = REASON_CODES[Reason.NOT_SUPPORTED]
_TICK = timedelta(milliseconds=10)


class Reader(Protocol):
    """Reads whole columns: see `collectors.snmp.column_reader`."""

    async def read(
        self,
        address: tuple[str, int],
        credentials: Secret,
        requests: Sequence[ColumnRequest],
        *,
        timeout_s: float,
        budget: OltBudget | None = None,
    ) -> Mapping[Oid, ColumnResult]:
        """The columns; one that failed has gaps, never an exception."""
        ...


@dataclass(slots=True)
class _Olt:
    """What cycles remember of an OLT.

    Attributes:
        read_at: When each column was last read, at least in part.
        keys: ONTs of the last cycle.
        names: Names of the rows of the last cycle.
    """

    read_at: dict[Oid, datetime] = field(default_factory=dict)
    keys: Keys | None = None
    names: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True)
class Cycle:
    """What a cycle brought.

    Attributes:
        batch: The columns that were due; ``None`` when nothing answered.
        gaps: Why some rows of a metric are unknown.
        varbinds: Variables received.
    """

    batch: Batch | None
    gaps: Mapping[Metric[Any], Reason] = field(default_factory=dict)
    varbinds: int = 0


class ColumnCycle:
    """Reads the cycles of every OLT whose vendor has a plan; one instance serves a process."""

    def __init__(
        self, reader: Reader, clock: Clock, budgets: Budgets | None = None, cadences: Cadences | None = None
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._budgets = budgets
        self._cadences = cadences or Cadences()
        self._olts: dict[tuple[str, str], _Olt] = {}

    def knows(self, vendor: str) -> bool:
        """Whether OLTs of that vendor can be read so."""
        return plan(vendor) is not None

    async def read(self, target: OltTarget, timeout_s: float) -> Cycle:
        """One cycle of one OLT, within ``timeout_s``; raises `LookupError` when its vendor has no plan."""
        followed = plan(target.vendor)
        if followed is None:
            raise LookupError(target.vendor)
        olt = self._olts.setdefault((target.operator_id, target.name), _Olt())
        at = self._clock.now()
        columns = [c for c in followed.columns if due(c, olt.read_at.get(c.oid), at, self._cadences)]
        deadline = asyncio.get_running_loop().time() + timeout_s
        budget = self._budgets.of(target.host, target.port) if self._budgets is not None else None
        if budget is not None:
            budget.begin_cycle()
        ask = _Ask(self._reader, target, deadline, budget)
        first = [c for c in columns if followed.everywhere(c)]
        found = await ask(followed, first, keys=None, uptime=True)
        moment = self._moment(found.pop(followed.uptime), at)
        names = Names(olt.names.used)
        known = names.union([(followed.rows(c), found[c.oid]) for c in first])
        if olt.keys is not None and not np.array_equal(known, olt.keys):
            known = np.union1d(known, olt.keys)
        rest = [c for c in columns if not followed.everywhere(c)]
        found |= await ask(followed, rest, keys=known if len(known) else None)
        return self._keep(target, olt, _Read(followed, columns, found, names, moment, at))

    def forget(self, target: OltTarget) -> None:
        """Forget what was learnt of an OLT that has left the inventory."""
        self._olts.pop((target.operator_id, target.name), None)

    def _moment(self, uptime: ColumnResult, asked: datetime) -> Moment:
        at = asked + (self._clock.now() - asked) / 2  # half-way between asking and hearing
        booted = (
            at - int(uptime.values[0]) * _TICK if len(uptime.index) and not isinstance(uptime.values, list) else None
        )
        return Moment(at, booted)

    def _keep(self, target: OltTarget, olt: _Olt, read: _Read) -> Cycle:
        gaps: dict[Metric[Any], Reason] = {}
        for column in read.columns:
            result = read.found[column.oid]
            if result.gap is not None:
                gaps[column.target] = result.gap
            if result.gap is None or len(result.index):
                olt.read_at[column.oid] = read.at
        keys = read.names.union([(read.plan.rows(c), read.found[c.oid]) for c in read.columns])
        varbinds = sum(len(result.index) for result in read.found.values())
        if not len(keys):
            return Cycle(None, gaps, varbinds)
        olt.keys, olt.names = keys, read.names
        read.names.before.clear()
        laid = {column.target: _lay(read, column, keys) for column in read.columns}
        settle(read.columns, laid)
        batch = Batch(
            target.operator_id,
            target.name,
            read.at,
            keys,
            {metric: column.values for metric, column in laid.items()},
            {metric: column.reasons for metric, column in laid.items()},
        )
        return Cycle(batch, gaps, varbinds)


@dataclass(frozen=True, slots=True)
class _Read:
    """What one cycle asked and got."""

    plan: Plan
    columns: Sequence[Column]
    found: Mapping[Oid, ColumnResult]
    names: Names
    moment: Moment
    at: datetime


@dataclass(frozen=True, slots=True)
class _Ask:
    """One OLT, as the reader is asked about it."""

    reader: Reader
    target: OltTarget
    deadline: float
    budget: OltBudget | None

    async def __call__(
        self, plan: Plan, columns: Sequence[Column], keys: Keys | None, *, uptime: bool = False
    ) -> dict[Oid, ColumnResult]:
        requests = [
            ColumnRequest(
                column.oid,
                ColumnKind.INTEGER,
                plan.rows(column).arity,
                (WHOLE,) if plan.everywhere(column) else tuple(plan.scopes(keys)),
            )
            for column in columns
        ]
        if uptime:
            requests.append(ColumnRequest(plan.uptime))
        if not requests:
            return {}
        left_s = max(0.0, self.deadline - asyncio.get_running_loop().time())
        address = (self.target.host, self.target.port)
        found = await self.reader.read(address, self.target.community, requests, timeout_s=left_s, budget=self.budget)
        return dict(found)


def _lay(read: _Read, column: Column, keys: Keys) -> Converted:
    """A column laid along ``keys``: what has no row has the reason why."""
    result, rows = read.found[column.oid], read.plan.rows(column)
    raw = result.values
    if isinstance(raw, list):  # never asked for here
        raise TypeError(column.metric)
    converted = convert(column, raw.astype(np.int64, copy=False), read.moment)
    own = read.names.of(rows, result.index)
    if len(own) == len(keys) and np.array_equal(own, keys):
        return converted
    values = np.full(len(keys), np.nan)
    reasons = np.full(len(keys), _NOT_SUPPORTED, dtype=np.uint8)
    _unknown(result, read, column, keys, reasons)
    mine = own >= 0
    at = np.searchsorted(keys, own[mine])
    values[at], reasons[at] = converted.values[mine], converted.reasons[mine]
    return Converted(values, reasons)


def _unknown(result: ColumnResult, read: _Read, column: Column, keys: Keys, reasons: Any) -> None:
    """Write the reasons of gaps and of spoilt rows into ``reasons``, along ``keys``."""
    rows = read.plan.rows(column)
    for gap in reversed(result.gaps):  # the first one tells, where two overlap
        first = rows.first(keys)
        within = (first >= gap.scope.first) & (first <= gap.scope.last)
        after = -1 if gap.after is None else int(rows.keys(np.array([gap.after], dtype=np.int64))[0])
        reasons[within & (keys > after)] = REASON_CODES[gap.reason]
    for index, reason in result.spoilt.items():
        if len(index) == rows.arity:
            at = np.nonzero(keys == rows.keys(np.array([index], dtype=np.int64)))
            reasons[at] = REASON_CODES[reason]
