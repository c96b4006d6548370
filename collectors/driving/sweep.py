"""Walks of declared columns, and the rows they make: by name, whatever index each column has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from collectors.columns import Column, Moment, Shape, read
from collectors.driving.node import Node, Rows
from collectors.snmp.values import Oid, VarBind
from collectors.snmp.walk import Column as Walked
from collectors.snmp.walk import Scope, walk_columns
from domain.olt import TableGap
from domain.pacing import paced
from domain.reading import Reading, Reason, missing

Name = TypeVar("Name")


@dataclass(slots=True)
class Sweep:
    """What a walk of columns brought."""

    walked: dict[Column, Walked] = field(default_factory=dict)

    @property
    def gaps(self) -> list[TableGap]:
        """Columns cut short: one gap a metric."""
        reasons = {column.metric: walked.reason for column, walked in self.walked.items() if walked.reason}
        return [TableGap(metric, reason) for metric, reason in reasons.items() if reason]

    def of(self, *entities: str) -> Sweep:
        """The part of it whose columns are of these entities."""
        return Sweep({c: walked for c, walked in self.walked.items() if c.index.partition(".")[0] in entities})

    async def named(self, name: Callable[[str, Oid], Name | None], moment: Moment) -> dict[Name, Rows]:
        """Rows by name, for every name that any column has; rows that ``name`` does not know are left out."""
        placed: dict[Column, dict[Name, VarBind]] = {}
        async for column, walked in paced(self.walked.items()):
            found = placed.setdefault(column, {})
            for row, varbind in walked.rows.items():
                key = name(column.index, row)
                if key is not None:
                    found.setdefault(key, varbind)
        names = {key: None for found in placed.values() for key in found}
        return {key: self._rows(key, placed, moment) async for key in paced(names)}

    def _rows(self, key: Name, placed: dict[Column, dict[Name, VarBind]], moment: Moment) -> Rows:
        rows: Rows = {}
        for column, walked in self.walked.items():
            varbind = placed[column].get(key)
            reading: Reading[Any] = (
                missing(walked.reason or Reason.NOT_SUPPORTED, moment.at, column.origin)
                if varbind is None
                else read(column, varbind, moment)
            )
            lay(rows, column, reading)
        return rows


def lay(rows: Rows, column: Column, reading: Reading[Any]) -> None:
    """Put a reading in rows where several columns give one metric: a value first, then whatever the OLT answered."""
    held = rows.get(column.target)
    if held is not None and column.type is Shape.BITS and held.value is not None and reading.value is not None:
        reading = replace(reading, value=(*held.value, *reading.value))
        held = None
    if held is None or (reading.known and not held.known) or (held.reason is Reason.NOT_SUPPORTED):
        rows[column.target] = reading


async def sweep(node: Node, columns: Sequence[Column], scope: Callable[[str], Scope], repetitions: int) -> Sweep:
    """Walk columns side by side; columns that share an identifier and a scope are walked once."""
    chains = {column: (column.oid, scope(column.index)) for column in columns}
    asked = list(dict.fromkeys(chains.values()))
    answers = await walk_columns(node.client, node.exchange, asked, repetitions, node.plan.window)
    found = dict(zip(asked, answers, strict=True))
    return Sweep({column: found[chain] for column, chain in chains.items()})
