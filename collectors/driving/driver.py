"""A driver made of a plan: `domain.ports.OltDriver` over SNMP, and over a command line where the site allows one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Self, cast

from collectors.cli.sessions import CliSessions
from collectors.driving import tables
from collectors.driving.access import read_access
from collectors.driving.acting import Actor, Acts, Line
from collectors.driving.agents import agent_of
from collectors.driving.cli import NO_CLI, CliReader, completed, lacking, report
from collectors.driving.layout import Layout
from collectors.driving.node import Learnt, Node, Plan, Rows
from collectors.driving.outcome import judged, reachable, silent
from collectors.snmp.client import Exchange, SnmpClient
from collectors.snmp.setting import Setter
from collectors.snmp.values import Agent
from domain.clock import Clock
from domain.errors import InvalidValueError
from domain.identifiers import OntName
from domain.metric import Metric, Readings
from domain.metrics.olt import OLT_REACHABLE, OLT_UPTIME_S
from domain.olt import OltTarget, OltWalk, OntRow, TableGap
from domain.ports import ReadOutcome
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.snapshot import Outcome, SourceKind, SourceReport

_PATIENCE = 0.4  # C: part of the time after which an SNMP that says nothing is not waited for alone
_LONGEST_PROBE_S = 10.0  # C: three copies of a request, for an OLT that answers in its own time
_IMPOSSIBLE = SourceReport(SourceKind.OLT_SNMP, Outcome.SKIPPED, Reason.NOT_SUPPORTED)


class SnmpDriver:
    """Reads the OLTs of one vendor. See `domain.ports.OltDriver`; one instance serves every OLT of a process.

    Args:
        client: SNMP.
        clock: The clock in force.
        plan: The vendor.
        cli: Its command line, for the sites that allow it.
    """

    def __init__(self, client: SnmpClient, clock: Clock, plan: Plan, cli: CliReader | None = None) -> None:
        self.vendor = plan.vendor
        self._client = client
        self._clock = clock
        self._plan = plan
        self._cli = cli
        self._learnt: dict[Agent, Learnt] = {}
        self.actor: Actor | None = None

    @property
    def capabilities(self) -> frozenset[Metric[object]]:
        """What the declared columns and the command line give, and what follows from them."""
        told = self._cli.capabilities if self._cli is not None else frozenset()
        return cast("frozenset[Metric[object]]", self._plan.facts.capabilities | told | {OLT_REACHABLE})

    async def read_ont(self, olt: OltTarget, ont: OntName, timeout_s: float) -> ReadOutcome:
        """Read one ONT, its UNI, its PON port and its board, live.

        The command line is asked once SNMP has said what it lacks, or has kept silent for a part of the time.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        snmp = asyncio.create_task(self._snmp(olt, ont, timeout_s))
        told, reports = Readings(), tuple[SourceReport, ...]()
        try:
            if self._cli is not None:
                await asyncio.wait({snmp}, timeout=timeout_s * _PATIENCE if olt.cli is not None else None)
                early = snmp.result() if snmp.done() else ({}, None)
                told, reports = await self._tell(olt, ont, early[0], deadline, asked=early[1] is not _IMPOSSIBLE)
            rows, first = await snmp
        finally:
            snmp.cancel()  # nothing, but where the caller has given up
        if told:
            rows = completed(self._plan.facts, rows, told)
        asked = {metric: reading for metric, reading in rows.items() if reading.source.via is not Via.NONE}
        rows = self._nothing() | rows
        rows[OLT_REACHABLE] = reachable(asked, self._clock.now())
        return ReadOutcome(Readings(rows), (first, *reports))

    async def read_pon(self, olt: OltTarget, ont: OntName, timeout_s: float) -> OltWalk:
        """Read the ONTs of the PON of ``ont`` and the state of every PON port, live."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        if not await self._answers(olt, timeout_s):
            return await self._port_told(olt, ont, deadline)
        try:
            return await tables.read_port(self._node(olt, _left_s(deadline)), olt.name, ont)
        except InvalidValueError:
            gap = TableGap("ont.oper", Reason.NOT_SUPPORTED)
            return OltWalk(olt.name, self._clock.now(), Readings(), gaps=(gap,))

    async def walk(self, olt: OltTarget, timeout_s: float, without: frozenset[Metric[Any]] = frozenset()) -> OltWalk:
        """Read every table of the OLT; where no SNMP answers, what its command line lists."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        told: OltWalk | Reason = Reason.NOT_SUPPORTED
        if not await self._answers(olt, timeout_s) and self._cli is not None and olt.cli is not None:
            told = await self._cli.walk(olt.cli, olt.name, _left_s(deadline))
        if isinstance(told, Reason):
            node = self._node(olt, _left_s(deadline), live=False)
            return await tables.read_tables(node, olt.name, without)
        source = Source(Via.CLI, "any answer")
        reached: Reading[Any] = known(True, told.at, source, Quality.DERIVED)
        return replace(told, readings=Readings({**told.readings.values, OLT_REACHABLE: reached}))

    def acting(self, acts: Acts, setter: Setter, cli: CliSessions | None = None) -> Self:
        """This driver, with what can be done through it: over its own sockets and its sessions ``cli``."""
        self.actor = Actor(acts, self, self._client, setter, self._clock, cli)
        return self

    async def layout_of(self, line: Line) -> Layout:
        """How the tables of the OLT of ``line`` are indexed."""
        learnt = self._learnt.setdefault(line.exchange.agent, Learnt())
        return (await Node(line.client, line.exchange, self._clock, self._plan, learnt).layout())[0]

    def forget(self, olt: OltTarget) -> None:
        """See `domain.ports.OltDriver.forget`."""
        agent = agent_of(olt)
        self._learnt.pop(agent, None)
        self._client.forget(agent)
        if self._cli is not None and olt.cli is not None:
            self._cli.forget(olt.cli)

    async def close(self) -> None:
        """Close the sockets and the sessions."""
        await self._client.close()
        if self._cli is not None:
            await self._cli.close()

    async def _snmp(self, olt: OltTarget, ont: OntName, timeout_s: float) -> tuple[Rows, SourceReport]:
        node = self._node(olt, timeout_s)
        started = asyncio.get_running_loop().time()
        try:
            rows = await read_access(node, ont)
        except InvalidValueError:  # a name that this vendor cannot have
            return self._nothing(), _IMPOSSIBLE
        elapsed_ms = (asyncio.get_running_loop().time() - started) * 1000
        asked = {metric: reading for metric, reading in rows.items() if reading.source.via is not Via.NONE}
        outcome, reason = judged(asked)
        return rows, SourceReport(SourceKind.OLT_SNMP, outcome, reason, elapsed_ms, node.exchange.requests)

    async def _tell(
        self, olt: OltTarget, ont: OntName, rows: Rows, deadline: float, *, asked: bool
    ) -> tuple[Readings, tuple[SourceReport, ...]]:
        """What the command line tells of what SNMP lacks, and the story of it."""
        assert self._cli is not None  # noqa: S101 - for the type checker
        wanted = lacking(rows, self._cli.capabilities)
        if olt.cli is None or not asked or not wanted:
            return Readings(), (NO_CLI,) if olt.cli is None else ()
        started = asyncio.get_running_loop().time()
        told = await self._cli.read_ont(olt.cli, ont, deadline - started, wanted)
        return told, (report(told, (asyncio.get_running_loop().time() - started) * 1000),)

    async def _port_told(self, olt: OltTarget, ont: OntName, deadline: float) -> OltWalk:
        """The ONTs of a PON port as the command line lists them."""
        at = self._clock.now()
        found: list[OntRow] | Reason = Reason.TIMEOUT
        if self._cli is not None and olt.cli is not None:
            found = await self._cli.read_pon(olt.cli, ont.pon_name, _left_s(deadline))
        gaps = [TableGap("pon.oper", Reason.TIMEOUT)]
        if isinstance(found, Reason):
            return OltWalk(olt.name, at, Readings(), gaps=(*gaps, TableGap("ont.oper", found)))
        return OltWalk(olt.name, at, Readings(), onts=tuple(found), gaps=tuple(gaps))

    async def _answers(self, olt: OltTarget, timeout_s: float) -> bool:
        """Whether SNMP is worth asking: always where there is nothing else, else if it answers at all."""
        if self._cli is None or olt.cli is None:
            return True
        node = self._node(olt, min(timeout_s * _PATIENCE, _LONGEST_PROBE_S))
        varbinds, _ = await node.get([self._plan.facts.column(OLT_UPTIME_S).oid])
        return not silent(varbinds)

    def _node(self, olt: OltTarget, timeout_s: float, *, live: bool = True) -> Node:
        agent = agent_of(olt)
        learnt = self._learnt.setdefault(agent, Learnt())
        return Node(self._client, Exchange.within(agent, timeout_s, live=live), self._clock, self._plan, learnt)

    def _nothing(self) -> Rows:
        nothing: Reading[Any] = missing(Reason.NOT_SUPPORTED, self._clock.now())
        return {metric: nothing for metric in self.capabilities if metric is not OLT_REACHABLE}


def _left_s(deadline: float) -> float:
    return deadline - asyncio.get_running_loop().time()
