"""A reader of whole columns made of the ordinary walks: slow, and right. And batches compared and looked into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.column_types import ColumnKind, ColumnRequest, ColumnResult, Gap
from collectors.snmp.usm.user import UsmUser
from collectors.snmp.values import Agent, Oid
from collectors.snmp.walk import walk_column
from domain.identifiers import OntName, PonName
from domain.metric import Metric
from domain.metrics.olt import OLT_UPTIME_S
from domain.reading import Reason
from domain.secret import Secret
from domain.telemetry import REASONS, Batch, pack, pack_pon
from tests.collectors.olt_kit import FAST

Rows = Mapping[Any, Any]


def result(
    rows: Rows, *, gaps: Sequence[Gap] = (), spoilt: dict[Oid, Reason] | None = None, arity: int = 1
) -> ColumnResult:
    index = np.array(sorted(rows), dtype=np.int64).reshape(-1, arity)
    values: Any = [rows[i] for i in sorted(rows)]
    if not any(isinstance(value, bytes) for value in values):
        values = np.array(values, dtype=np.int64)
    return ColumnResult(index, values, tuple(gaps), spoilt or {})


@dataclass
class WalkReader:
    """Reads with `collectors.snmp.walk`; ``change`` may spoil what came."""

    change: Callable[[Oid, ColumnResult], ColumnResult] = lambda _oid, column: column
    asked: list[list[ColumnRequest]] = field(default_factory=list)

    async def read(
        self,
        address: tuple[str, int],
        credentials: Secret | UsmUser,
        requests: Sequence[ColumnRequest],
        *,
        timeout_s: float,
        budget: Any = None,
    ) -> dict[Oid, ColumnResult]:
        assert isinstance(credentials, Secret)
        self.asked.append(list(requests))
        agent = Agent(*address, credentials)
        found: dict[Oid, ColumnResult] = {}
        async with UdpSnmpClient(retry=FAST) as client:
            for request in requests:
                wanted = bytes if request.kind is ColumnKind.OCTETS else int
                rows: dict[Oid, Any] = {}
                gaps: list[Gap] = []
                for scope in request.scopes:
                    walked = await walk_column(client, Exchange.within(agent, timeout_s), request.oid, scope)
                    rows |= {at: v.value for at, v in walked.rows.items() if isinstance(v.value, wanted)}
                    if walked.reason is not None:
                        gaps.append(Gap(walked.reason, max(walked.rows, default=None), scope))
                whole = result(rows, gaps=gaps, arity=request.index_arity or 1)
                found[request.oid] = self.change(request.oid, replace(whole, scopes=request.scopes))
        return found

    async def close(self) -> None:
        """Nothing stays open."""


def sample(batch: Batch, name: OntName | PonName, metric: Metric[Any]) -> float | Reason:
    """What a batch tells of an ONT or of a PON port."""
    key = pack(name) if isinstance(name, OntName) else pack_pon(name)
    at = int(np.searchsorted(batch.keys, key))
    assert int(batch.keys[at]) == key
    code = int(batch.reasons[metric][at])
    return REASONS[code] if code else float(batch.values[metric][at])


def same(whole: Batch, rows: Batch) -> None:
    """Two batches of one plant tell the same: ONTs, metrics, values, reasons."""
    assert np.array_equal(whole.keys, rows.keys)
    assert set(whole.values) == set(rows.values)
    for metric in whole.values:
        assert np.array_equal(whole.reasons[metric], rows.reasons[metric]), metric
        mine, theirs = whole.values[metric], rows.values[metric]
        if metric is OLT_UPTIME_S or metric.key.endswith(".last_change"):
            # the start of the agent is deduced from a reply, on a clock that moves
            assert not len(mine) or np.nanmax(np.abs(mine - theirs), initial=0) <= 2, metric
        else:
            assert np.array_equal(mine, theirs, equal_nan=True), metric
