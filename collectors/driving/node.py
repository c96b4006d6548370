"""One OLT within one read: how to ask it, and what earlier reads have learnt of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collectors.columns import Column, Moment, Shape, read
from collectors.driving.facts import Facts
from collectors.driving.layout import Layout
from collectors.restarts import started_again
from collectors.snmp.client import Exchange, SnmpClient
from collectors.snmp.values import Kind, Oid, VarBind
from domain.clock import Clock
from domain.metric import Metric
from domain.metrics.olt import OLT_UPTIME_S
from domain.olt import TableGap
from domain.reading import Reading

Rows = dict[Metric[Any], Reading[Any]]

_PROBED_AT_ONCE = 16  # C: columns a probing request


@dataclass(slots=True)
class Learnt:
    """What reads have taught of an OLT. All of it can be found again: it only saves requests.

    Attributes:
        layout: How its tables are indexed; ``None`` until something was learnt.
        absent: Columns that had no row when they were last probed.
        probed: Whether they were.
        chosen: The columns to read, by entities asked for.
        booted_at: When its agent started, as its uptime last told.
    """

    layout: Layout | None = None
    absent: frozenset[Oid] = frozenset()
    probed: bool = False
    chosen: dict[tuple[str, ...], list[Column]] = field(default_factory=dict)
    booted_at: datetime | None = None

    def started(self, booted_at: datetime | None) -> bool:
        """Take the start of the agent; whether it has started again: all is learnt anew, for rows may have moved."""
        again = started_again(self.booted_at, booted_at)
        self.booted_at = booted_at or self.booted_at
        if again:
            self.layout, self.absent, self.probed = None, frozenset(), False
            self.chosen.clear()
        return again


@dataclass(frozen=True, slots=True)
class Plan:
    """A vendor, as the shared reads need it.

    Attributes:
        vendor: Its key.
        facts: Its data files.
        learn: Finds the layout of an OLT; asks it when the layout is not the same on all. What could not be read
            comes back as gaps beside the best layout.
        repetitions: Rows a GETBULK asks, at most; from 1.
        window: Requests in flight towards one OLT.
        unis: Rows of user ports asked at once for one ONT.
    """

    vendor: str
    facts: Facts
    learn: Callable[[Node], Awaitable[tuple[Layout, tuple[TableGap, ...]]]]
    repetitions: int = 40
    window: int = 8
    unis: int = 5


@dataclass(frozen=True, slots=True)
class Node:
    """An OLT within one read."""

    client: SnmpClient
    exchange: Exchange
    clock: Clock
    plan: Plan
    learnt: Learnt = field(default_factory=Learnt)

    async def get(self, oids: Sequence[Oid]) -> tuple[list[VarBind], Moment]:
        """Variables, and the instant at which they were true: half-way between asking and hearing."""
        asked = self.clock.now()
        varbinds = await self.client.get(self.exchange, oids)
        return varbinds, Moment(asked + (self.clock.now() - asked) / 2)

    def booted(self, uptime: VarBind, moment: Moment) -> Moment:
        """The moment, with the start of the agent deduced from its sysUpTime."""
        return Moment(moment.at, boot_instant(self.plan.facts.column(OLT_UPTIME_S), uptime, moment))

    async def layout(self, *, again: bool = False) -> tuple[Layout, tuple[TableGap, ...]]:
        """How the tables are indexed: as learnt, else (or ``again``) as the OLT says. A partial answer is not kept."""
        if self.learnt.layout is not None and not again:
            return self.learnt.layout, ()
        layout, gaps = await self.plan.learn(self)
        if not gaps:
            self.learnt.layout = layout
        return layout, gaps

    async def choose(self, *, again: bool = False) -> None:
        """Find out which of the columns that give one metric are there, by asking each for its first row.

        A column whose probe fails is kept: its walk will say why it has no rows.
        """
        if self.learnt.probed and not again:
            return
        doubtful = [c.oid for columns in self.plan.facts.choices.values() if _rivals(columns) for c in columns]
        doubtful = list(dict.fromkeys(doubtful))
        absent: set[Oid] = set()
        whole = True
        for start in range(0, len(doubtful), _PROBED_AT_ONCE):
            asked = doubtful[start : start + _PROBED_AT_ONCE]
            answer = await self.client.bulk(self.exchange, asked, 1)
            whole = whole and answer.reason is None
            for oid, rows in zip(asked, answer.columns, strict=True):
                beyond = rows and (rows[0].kind is Kind.END_OF_MIB or rows[0].oid[: len(oid)] != oid)
                absent |= {oid} if answer.reason is None and beyond else set()
        self.learnt.absent, self.learnt.probed = frozenset(absent), whole
        self.learnt.chosen.clear()

    def columns(self, *entities: str) -> list[Column]:
        """The columns of entities: of each metric the preferred one that answers, or all until they were probed."""
        held = self.learnt.chosen
        if entities not in held:
            held[entities] = self._choice(entities)
        return held[entities]

    def _choice(self, entities: tuple[str, ...]) -> list[Column]:
        chosen: dict[tuple[Metric[Any], str], list[Column]] = {}
        for column in self.plan.facts.table.columns:
            entity = column.index.partition(".")[0]
            if entity in entities:
                chosen.setdefault((column.target, entity), []).append(column)
        found: list[Column] = []
        for choices in chosen.values():
            present = [column for column in choices if column.oid not in self.learnt.absent] or choices[:1]
            found += present[:1] if self.learnt.probed and _rivals(choices) else present
        return found


def _rivals(choices: Sequence[Column]) -> bool:
    """Whether columns give one metric each alone; alarm bits in several columns are united instead."""
    return len(choices) > 1 and not all(column.type is Shape.BITS for column in choices)


def boot_instant(column: Column, uptime: VarBind, moment: Moment) -> datetime | None:
    """When the agent started; ``None`` when its sysUpTime is unknown."""
    seconds = read(column, uptime, moment).value
    return None if seconds is None else moment.at - timedelta(seconds=seconds)
