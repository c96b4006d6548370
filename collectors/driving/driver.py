"""A driver made of a plan: `domain.ports.OltDriver` over SNMP v2c."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from collectors.driving import tables
from collectors.driving.access import read_access
from collectors.driving.node import Learnt, Node, Plan, Rows
from collectors.driving.outcome import judged, reachable
from collectors.snmp.client import Exchange, SnmpClient
from collectors.snmp.values import Agent
from domain.clock import Clock
from domain.errors import InvalidValueError
from domain.identifiers import OntName
from domain.metric import Metric, Readings
from domain.metrics.olt import OLT_REACHABLE
from domain.olt import OltTarget, OltWalk, TableGap
from domain.ports import ReadOutcome
from domain.reading import Reading, Reason, Via, missing
from domain.snapshot import Outcome, SourceKind, SourceReport


class SnmpDriver:
    """Reads the OLTs of one vendor. See `domain.ports.OltDriver`; one instance serves every OLT of a process."""

    def __init__(self, client: SnmpClient, clock: Clock, plan: Plan) -> None:
        self.vendor = plan.vendor
        self._client = client
        self._clock = clock
        self._plan = plan
        self._learnt: dict[Agent, Learnt] = {}

    @property
    def capabilities(self) -> frozenset[Metric[object]]:
        """What the declared columns give, and what follows from them."""
        return cast("frozenset[Metric[object]]", self._plan.facts.capabilities | {OLT_REACHABLE})

    async def read_ont(self, olt: OltTarget, ont: OntName, timeout_s: float) -> ReadOutcome:
        """Read one ONT, its UNI, its PON port and its board, live."""
        node = self._node(olt, timeout_s)
        started = asyncio.get_running_loop().time()
        try:
            rows = await read_access(node, ont)
        except InvalidValueError:  # a name that this vendor cannot have
            return ReadOutcome(Readings(self._nothing()), (_SKIPPED,))
        elapsed_ms = (asyncio.get_running_loop().time() - started) * 1000
        asked = {metric: reading for metric, reading in rows.items() if reading.source.via is not Via.NONE}
        outcome, reason = judged(asked)
        rows[OLT_REACHABLE] = reachable(asked, self._clock.now())
        report = SourceReport(SourceKind.OLT_SNMP, outcome, reason, elapsed_ms, node.exchange.requests)
        return ReadOutcome(Readings(rows), (report,))

    async def read_pon(self, olt: OltTarget, ont: OntName, timeout_s: float) -> OltWalk:
        """Read the ONTs of the PON of ``ont`` and the state of every PON port, live."""
        try:
            return await tables.read_port(self._node(olt, timeout_s), olt.name, ont)
        except InvalidValueError:
            gap = TableGap("ont.oper", Reason.NOT_SUPPORTED)
            return OltWalk(olt.name, self._clock.now(), Readings(), gaps=(gap,))

    async def walk(self, olt: OltTarget, timeout_s: float) -> OltWalk:
        """Read every table of the OLT."""
        return await tables.read_tables(self._node(olt, timeout_s), olt.name)

    async def close(self) -> None:
        """Close the sockets."""
        await self._client.close()

    def _node(self, olt: OltTarget, timeout_s: float) -> Node:
        agent = Agent(olt.host, olt.port, olt.community)
        learnt = self._learnt.setdefault(agent, Learnt())
        return Node(self._client, Exchange.within(agent, timeout_s), self._clock, self._plan, learnt)

    def _nothing(self) -> Rows:
        nothing: Reading[Any] = missing(Reason.NOT_SUPPORTED, self._clock.now())
        return {metric: nothing for metric in self._plan.facts.capabilities if metric is not OLT_REACHABLE}


_SKIPPED = SourceReport(SourceKind.OLT_SNMP, Outcome.SKIPPED, Reason.NOT_SUPPORTED)
