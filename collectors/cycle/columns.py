"""One cycle of one OLT: its due columns, read by the fast column reader, as batches of telemetry.

No object per ONT: rows are packed names in arrays, and each column is treated as a whole. The tables that hold ONTs
only are read first; those that hold much else are then read where these have shown ONTs, and so are the optics, for
some PON ports at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from collectors.columns import Cadence, Column, Moment
from collectors.cycle.asking import Ask, Reader, Wanted
from collectors.cycle.cadence import Cadences, due
from collectors.cycle.laying import Table
from collectors.cycle.memory import NONE, Memory
from collectors.cycle.names import BITS, Names, merged, ports_of
from collectors.cycle.plan import SYS_UP_TIME, Plan, Rows, plan
from collectors.cycle.sampling import sample, scopes_of
from collectors.cycle.settle import settle, settle_pons
from collectors.cycle.units import Converted
from collectors.load import Budgets
from collectors.snmp.column_types import ColumnRequest, ColumnResult
from domain.clock import Clock
from domain.metric import Metric
from domain.metrics.olt import OLT_UPTIME_S, PON_OPER
from domain.metrics.ont import ONT_OPER
from domain.olt import OltTarget
from domain.reading import Reason
from domain.telemetry import REASON_CODES, Batch, Keys

__all__ = ["ColumnCycle", "Cycle", "Reader"]

_TICKS_A_SECOND = 100
_STATES = frozenset({ONT_OPER, PON_OPER})


@dataclass(frozen=True, slots=True)
class Cycle:
    """What a cycle brought.

    Attributes:
        batch: What was due of every ONT; ``None`` where nothing answered, or there is none.
        gaps: Why some rows of a metric are unknown.
        varbinds: Variables received.
        others: Batches of the same instant beside it: optics of the PON ports whose turn it was, PON ports.
    """

    batch: Batch | None
    gaps: Mapping[Metric[Any], Reason] = field(default_factory=dict)
    varbinds: int = 0
    others: tuple[Batch, ...] = ()

    @property
    def batches(self) -> tuple[Batch, ...]:
        """All of it."""
        return self.others if self.batch is None else (self.batch, *self.others)


@dataclass(slots=True)
class _Visit:
    """What one cycle asks and gets.

    Attributes:
        chosen: PON ports whose optics are read; ``None``: all.
    """

    plan: Plan
    olt: Memory
    ask: Ask
    at: datetime
    moment: Moment
    rows: Mapping[str, Rows] = field(default_factory=dict)
    uptime: ColumnResult | None = None
    found: dict[Column, ColumnResult] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    chosen: Keys | None = None

    def table(self, entity: str) -> Table:
        """What came of ONTs, or of PON ports."""
        mine = [(c, self.rows[c.index], result) for c, result in self.found.items() if c.target.entity == entity]
        return Table(mine, self.names, self.moment)


class ColumnCycle:
    """Reads the cycles of every OLT whose vendor has a plan; one instance serves a process."""

    def __init__(
        self, reader: Reader, clock: Clock, budgets: Budgets | None = None, cadences: Cadences | None = None
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._budgets = budgets
        self._cadences = cadences or Cadences()
        self._olts: dict[tuple[str, str], Memory] = {}

    def knows(self, vendor: str) -> bool:
        """Whether OLTs of that vendor can be read so."""
        return plan(vendor) is not None

    def covers(self, vendor: str) -> frozenset[Metric[Any]]:
        """The levels and counters that cycles bring at their own pace, and that walks need not read again."""
        followed = plan(vendor)
        paced = self._cadences.every.keys() & {Cadence.OPTICS, Cadence.COUNTER}
        return frozenset(c.target for c in followed.columns if c.cadence in paced) if followed else frozenset()

    def forget(self, target: OltTarget) -> None:
        """See `collectors.polling.Holder`."""
        self._olts.pop((target.operator_id, target.name), None)

    async def read(self, target: OltTarget, timeout_s: float) -> Cycle:
        """One cycle of one OLT, within ``timeout_s``; raises `LookupError` when its vendor has no plan."""
        followed = plan(target.vendor)
        if followed is None:
            raise LookupError(target.vendor)
        olt = self._olts.setdefault((target.operator_id, target.name), Memory())
        at = self._clock.now()
        deadline = asyncio.get_running_loop().time() + timeout_s
        budget = self._budgets.of(target.host, target.port) if self._budgets is not None else None
        if budget is not None:
            budget.begin_cycle()
        olt.begin(at, self._cadences)
        ask = Ask(self._reader, target, deadline, budget, followed.repetitions, olt.absent)
        visit = _Visit(followed, olt, ask, at, Moment(at), names=Names(olt.names.used))
        columns = [c for c in followed.columns if _is_optics(c) or due(c, olt.read_at.get(c.oid), at, self._cadences)]
        await self._learn(visit)
        await self._first(visit, [c for c in columns if not (_is_optics(c) or followed.later(c))])
        await self._then(visit, columns)
        return self._keep(target, visit)

    async def _learn(self, visit: _Visit) -> None:
        """Find out how rows are named, where that is not the same on every OLT."""
        olt, learns = visit.olt, visit.plan.learns
        if not learns:
            olt.rows = visit.rows = olt.rows or visit.plan.rows({})
            return
        asked = [] if olt.rows is not None else [*learns]
        learnt = await visit.ask.raw([ColumnRequest(SYS_UP_TIME), *asked])
        self._uptime(visit, learnt[SYS_UP_TIME])
        if olt.rows is None and not asked:  # the agent has started again
            learnt, asked = await visit.ask.raw(learns), [*learns]
        if not asked and olt.rows is not None:
            visit.rows = olt.rows
            return
        visit.rows = visit.plan.rows(learnt)
        if all(learnt[request.oid].gap is None for request in learns):
            olt.rows = visit.rows  # a partial answer is not kept

    async def _first(self, visit: _Visit, columns: Sequence[Column]) -> None:
        """Read the columns whose place is known beforehand, and the uptime."""
        also = [] if visit.uptime is not None else [ColumnRequest(SYS_UP_TIME)]
        wanted = {column: visit.plan.scopes(column, None) for column in columns}
        visit.found, beside = await visit.ask.columns(wanted, visit.rows, also)
        if also:
            self._uptime(visit, beside[SYS_UP_TIME])

    async def _then(self, visit: _Visit, columns: Sequence[Column]) -> None:
        """Read the columns that depend on where there are ONTs: those of tables that hold much else, and the optics."""
        followed, olt = visit.plan, visit.olt
        known = merged(visit.table("ont").keys(), olt.keys)
        ports = merged(known, olt.pons) if len(olt.pons) else NONE
        later = [column for column in columns if followed.later(column) and not _is_optics(column)]
        of_onts = {c: followed.scopes(c, _some(known)) for c in later if c.target.entity == "ont"}
        of_ports = {c: followed.scopes(c, _some(ports)) for c in later if c.target.entity == "pon"}
        of_onts |= self._optics(visit, [column for column in columns if _is_optics(column)], known)
        # apart, for ONTs and PON ports may stand in the same column
        both = (visit.ask.columns(wanted, visit.rows) for wanted in (of_onts, of_ports))
        for found, _ in await asyncio.gather(*both):
            visit.found |= found

    def _optics(self, visit: _Visit, columns: Sequence[Column], known: Keys) -> Wanted:
        """Where the optics are read: of the PON ports whose turn it is; everywhere as long as no ONT is known."""
        period = self._cadences.every.get(Cadence.OPTICS)
        if period is None:
            return {}
        pons = ports_of(known)
        chosen = sample(pons, visit.olt.optics_at, visit.at, period, self._cadences.sampled)
        if len(pons) and not len(chosen):
            return {}
        if len(chosen) == len(pons):
            return {column: visit.plan.scopes(column, _some(known)) for column in columns}
        visit.chosen = chosen
        return {c: scopes_of(visit.rows[c.index], pons, chosen, visit.plan.onts) for c in columns}

    def _uptime(self, visit: _Visit, uptime: ColumnResult) -> None:
        visit.uptime = uptime
        at = visit.at + (self._clock.now() - visit.at) / 2  # half-way between asking and hearing
        seconds = _seconds(uptime)
        booted = None if seconds is None else at - timedelta(seconds=seconds)
        visit.moment = Moment(at, booted)
        visit.olt.started(booted)

    def _keep(self, target: OltTarget, visit: _Visit) -> Cycle:
        olt, found = visit.olt, visit.found
        gaps = {c.target: result.gap for c, result in found.items() if result.gap is not None}
        for column, result in found.items():
            if result.gap is None or len(result.index):
                olt.read_at[column.oid] = visit.at
        distinct = {id(result): len(result.index) for result in found.values()}
        varbinds = sum(distinct.values()) + (0 if visit.uptime is None else len(visit.uptime.index))
        onts, ports = visit.table("ont"), visit.table("pon")
        keys, pons = _names(onts, olt.keys), _names(ports, olt.pons)
        olt.names = visit.names
        visit.names.before.clear()
        if not any(distinct.values()) and not any(result.spoilt for result in found.values()):
            return Cycle(None, gaps, varbinds)
        olt.keys, olt.pons = keys, pons
        made = [
            _batch(target, visit.at, *part) for part in (*_of_onts(visit, onts, keys), _of_ports(visit, ports, pons))
        ]
        whole = made[0] if len(keys) else None
        return Cycle(whole, gaps, varbinds, tuple(batch for batch in made[1:] if len(batch.keys) and batch.values))


_Part = tuple[Keys, Mapping[Metric[Any], Converted]]


def _of_onts(visit: _Visit, table: Table, keys: Keys) -> list[_Part]:
    """What all ONTs have, and, where it was the turn of some PON ports only, the optics of theirs."""
    laid = table.laid(keys)
    settle([column for column, _, _ in table.columns], laid, visit.plan.metrics)
    optics = {column.target for column, _, _ in table.columns if _is_optics(column)}
    if optics and any(len(result.index) for column, _, result in table.columns if _is_optics(column)):
        asked = ports_of(keys) if visit.chosen is None else visit.chosen
        visit.olt.optics_at |= dict.fromkeys(asked.tolist(), visit.at)
    if visit.chosen is None or not optics:
        return [(keys, laid)]
    mine = np.isin(keys >> BITS, visit.chosen)
    some = {m: Converted(laid[m].values[mine], laid[m].reasons[mine]) for m in laid if m in optics}
    return [(keys, {m: column for m, column in laid.items() if m not in optics}), (keys[mine], some)]


def _of_ports(visit: _Visit, table: Table, pons: Keys) -> _Part:
    """The PON ports, each with the uptime of the OLT: what tells whether its counters were reset."""
    laid = table.laid(pons)
    settle_pons(laid)
    seconds, reason = None, Reason.NOT_READ
    if visit.uptime is not None:
        seconds, reason = _seconds(visit.uptime), visit.uptime.gap or Reason.NOT_SUPPORTED
    code = REASON_CODES[reason] if seconds is None else 0
    value = np.nan if seconds is None else seconds
    laid[OLT_UPTIME_S] = Converted(np.full(len(pons), value), np.full(len(pons), code, dtype=np.uint8))
    return pons, laid


def _batch(target: OltTarget, at: datetime, keys: Keys, laid: Mapping[Metric[Any], Converted]) -> Batch:
    values = {metric: column.values for metric, column in laid.items()}
    return Batch(target.operator_id, target.name, at, keys, values, {m: column.reasons for m, column in laid.items()})


def _some(keys: Keys) -> Keys | None:
    return keys if len(keys) else None


def _names(table: Table, before: Keys) -> Keys:
    """The names of this cycle's rows; those of the one before too where something could not be read.

    Where the states were read to their end, they tell which rows are there: one column that always fails keeps no ONT
    that has left the OLT.
    """
    keys = table.keys()
    states = [result for column, _, result in table.columns if column.target in _STATES]
    told = bool(states) and all(result.gap is None for result in states)
    cut = any(result.gap is not None for _, _, result in table.columns)
    return merged(keys, before) if cut and not told else keys


def _is_optics(column: Column) -> bool:
    """Whether each value of a column costs the OLT a query to the ONT."""
    return column.cadence is Cadence.OPTICS and column.target.entity == "ont"


def _seconds(uptime: ColumnResult) -> float | None:
    if not len(uptime.index) or isinstance(uptime.values, list):
        return None
    return int(uptime.values[0]) / _TICKS_A_SECOND
