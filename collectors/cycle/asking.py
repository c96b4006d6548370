"""How a cycle asks one OLT for columns: of those that give one metric, the first that the OLT has."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from collectors.columns import Column
from collectors.cycle.plan import Rows
from collectors.cycle.units import kind
from collectors.driving.agents import credentials_of
from collectors.load import OltBudget
from collectors.snmp.column_types import ColumnRequest, ColumnResult
from collectors.snmp.usm.user import UsmUser
from collectors.snmp.values import Oid
from collectors.snmp.walk import Scope
from domain.metric import Metric
from domain.olt import OltTarget
from domain.secret import Secret


class Reader(Protocol):
    """Reads whole columns: see `collectors.snmp.column_reader`."""

    async def read(
        self,
        address: tuple[str, int],
        credentials: Secret | UsmUser,
        requests: Sequence[ColumnRequest],
        *,
        timeout_s: float,
        budget: OltBudget | None = None,
    ) -> Mapping[Oid, ColumnResult]:
        """The columns; one that failed has gaps, never an exception."""
        ...


Wanted = Mapping[Column, Sequence[Scope]]
"""Columns to read, and where."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One OLT, as the reader is asked about it within one cycle.

    Attributes:
        repetitions: Rows that a request asks, at most; ``None``: the load contract tells.
        absent: Columns that the OLT was seen to lack where another gave their metric; added to.
    """

    reader: Reader
    target: OltTarget
    deadline: float
    budget: OltBudget | None
    repetitions: int | None
    absent: set[Oid]

    async def raw(self, requests: Sequence[ColumnRequest]) -> Mapping[Oid, ColumnResult]:
        """Columns by identifier."""
        if not requests:
            return {}
        left_s = max(0.0, self.deadline - asyncio.get_running_loop().time())
        address = (self.target.host, self.target.port)
        credentials = credentials_of(self.target)
        return await self.reader.read(address, credentials, requests, timeout_s=left_s, budget=self.budget)

    async def columns(
        self, wanted: Wanted, rows: Mapping[str, Rows], also: Sequence[ColumnRequest] = ()
    ) -> tuple[dict[Column, ColumnResult], Mapping[Oid, ColumnResult]]:
        """One column of each metric, the first that has rows; and what ``also`` brought, read beside them."""
        rivals: dict[Metric[Any], list[Column]] = {}
        for column in wanted:
            rivals.setdefault(column.target, []).append(column)
        waiting = [[c for c in group if c.oid not in self.absent] or group[:1] for group in rivals.values()]
        found: dict[Column, ColumnResult] = {}
        empty: dict[Metric[Any], list[tuple[Column, ColumnResult]]] = {}
        beside: Mapping[Oid, ColumnResult] = {}
        while waiting or also:
            requests = {c.oid: self._request(c, wanted[c], rows) for c in (group[0] for group in waiting)}
            answers = await self.raw([*requests.values(), *also])
            beside, also = (answers, ()) if also else (beside, ())
            following = []
            for column, *others in waiting:
                result = answers[column.oid]
                if not _lacks(result):
                    found[column] = result
                    if len(result.index):
                        self.absent.update(c.oid for c, _ in empty.get(column.target, ()))
                elif others:
                    following.append(others)
                    empty.setdefault(column.target, []).append((column, result))
                else:
                    first, its = empty.get(column.target, [(column, result)])[0]
                    found[first] = its
            waiting = following
        return found, beside

    def _request(self, column: Column, scopes: Sequence[Scope], rows: Mapping[str, Rows]) -> ColumnRequest:
        return ColumnRequest(column.oid, kind(column), rows[column.index].arity, tuple(scopes), self.repetitions)


def _lacks(result: ColumnResult) -> bool:
    """Whether a column was read to its end and has no row."""
    return result.gap is None and not len(result.index) and not result.spoilt
