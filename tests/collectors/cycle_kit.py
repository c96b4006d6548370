"""A reader of whole columns made of the ordinary walks: slow, and right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.column_types import ColumnRequest, ColumnResult, Gap
from collectors.snmp.values import Agent, Oid
from collectors.snmp.walk import walk_column
from domain.reading import Reason
from domain.secret import Secret
from tests.collectors.olt_kit import FAST


def result(
    rows: dict[Oid, int], *, gaps: Sequence[Gap] = (), spoilt: dict[Oid, Reason] | None = None, arity: int = 1
) -> ColumnResult:
    index = np.array(sorted(rows), dtype=np.int64).reshape(-1, arity)
    return ColumnResult(index, np.array([rows[i] for i in sorted(rows)], dtype=np.int64), tuple(gaps), spoilt or {})


@dataclass
class WalkReader:
    """Reads with `collectors.snmp.walk`; ``change`` may spoil what came."""

    change: Callable[[Oid, ColumnResult], ColumnResult] = lambda _oid, column: column
    asked: list[list[ColumnRequest]] = field(default_factory=list)

    async def read(
        self,
        address: tuple[str, int],
        credentials: Secret,
        requests: Sequence[ColumnRequest],
        *,
        timeout_s: float,
        budget: Any = None,
    ) -> dict[Oid, ColumnResult]:
        self.asked.append(list(requests))
        agent = Agent(*address, credentials)
        found: dict[Oid, ColumnResult] = {}
        async with UdpSnmpClient(retry=FAST) as client:
            for request in requests:
                rows: dict[Oid, int] = {}
                gaps: list[Gap] = []
                for scope in request.scopes:
                    walked = await walk_column(client, Exchange.within(agent, timeout_s), request.oid, scope)
                    rows |= {at: v.value for at, v in walked.rows.items() if isinstance(v.value, int)}
                    if walked.reason is not None:
                        gaps.append(Gap(walked.reason, max(walked.rows, default=None), scope))
                whole = result(rows, gaps=gaps, arity=request.index_arity or 1)
                found[request.oid] = self.change(request.oid, whole)
        return found

    async def close(self) -> None:
        """Nothing stays open."""
