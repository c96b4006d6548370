"""The driver of the Nokia ISAM: `domain.ports.OltDriver` over SNMP and the CLI."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, cast

from collectors.cli.failures import reason_of
from collectors.cli.sessions import CliSessions
from collectors.cli.sheet import Sheet
from collectors.driving.acting import Actor
from collectors.driving.agents import agent_of
from collectors.driving.cli import lacking
from collectors.driving.derive import offline
from collectors.driving.outcome import judged, reachable, silent
from collectors.snmp.client import Exchange, SnmpClient
from collectors.snmp.setting import Setter
from collectors.snmp.values import Agent
from collectors.vendors.nokia_isam import cli_list, subslocid, tables
from collectors.vendors.nokia_isam.access import read_access
from collectors.vendors.nokia_isam.actions import IsamActs
from collectors.vendors.nokia_isam.cli_show import SHOWN, questions
from collectors.vendors.nokia_isam.facts import VENDOR, Facts
from collectors.vendors.nokia_isam.node import Learnt, Node, Rows
from domain.clock import Clock
from domain.errors import CollectionError, InvalidValueError
from domain.identifiers import OntName, PonName
from domain.metric import Metric, Readings
from domain.metrics.olt import OLT_REACHABLE, OLT_UPTIME_S
from domain.metrics.ont import ONT_PASSWORD
from domain.olt import OltTarget, OltWalk, OntRow, PonRow, TableGap
from domain.ports import ReadOutcome
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.snapshot import Outcome, SourceKind, SourceReport

_PATIENCE = 0.4  # C: part of the time after which an SNMP that says nothing is not waited for alone
_LONGEST_PROBE_S = 10.0  # C: three copies of a request, for an OLT that answers in its own time
_COMMAND = Source(Via.CLI, "info configure equipment ont interface")


class NokiaIsamDriver:
    """Reads ISAM OLTs. See `domain.ports.OltDriver`; one instance serves every OLT of a process."""

    vendor = VENDOR

    def __init__(self, client: SnmpClient, cli: CliSessions, clock: Clock, facts: Facts, setter: Setter) -> None:
        self._client = client
        self._cli = cli
        self._clock = clock
        self._facts = facts
        self._learnt: dict[Agent, Learnt] = {}
        self.actor = Actor(IsamActs(), self, client, setter, clock, cli)

    @property
    def capabilities(self) -> frozenset[Metric[object]]:
        """What the declared columns and the CLI give."""
        return cast("frozenset[Metric[object]]", self._facts.capabilities)

    async def read_ont(self, olt: OltTarget, ont: OntName, timeout_s: float) -> ReadOutcome:
        """Read one ONT, its UNI, its PON port and its board, live: SNMP, the CLI beside it and for what SNMP lacks."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        reading = asyncio.create_task(self._snmp(self._node(olt, timeout_s), ont))
        try:
            password, cli = await self._password(olt, ont, timeout_s)
            await asyncio.wait({reading}, timeout=timeout_s * _PATIENCE if cli.outcome is Outcome.OK else None)
            early, first = reading.result() if reading.done() else ({}, None)
            told = Readings()
            if cli.outcome is Outcome.OK and (first is None or first.outcome is not Outcome.SKIPPED):
                told, cli = await self._show(olt, ont, early, deadline, cli)
            rows, snmp = await reading
        finally:
            reading.cancel()  # nothing, but where the caller has given up
        for metric in lacking(rows, [*told]):
            if told[metric].known or metric not in rows or rows[metric].reason is Reason.NOT_SUPPORTED:
                rows[metric] = told[metric]
        offline(self._facts, rows)
        asked = {} if snmp.outcome is Outcome.SKIPPED else dict(rows)
        if olt.cli is not None:
            asked[ONT_PASSWORD] = password
        rows[ONT_PASSWORD] = password
        unsaid = cli.reason if cli.reason is not None and cli.outcome is Outcome.FAILED else Reason.NOT_SUPPORTED
        nothing: Reading[Any] = missing(unsaid, self._clock.now())
        rows.update(dict.fromkeys(self._facts.capabilities - rows.keys(), nothing))
        rows[OLT_REACHABLE] = reachable(asked, self._clock.now())
        return ReadOutcome(Readings(rows), (snmp, cli))

    async def read_pon(self, olt: OltTarget, ont: OntName, timeout_s: float) -> OltWalk:
        """Read the ONTs of the PON of ``ont`` and the state of every PON port, live; by CLI where SNMP is mute."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        if olt.cli is not None and not await self._answers(olt, timeout_s):
            return await self._listed(olt, deadline, ont.pon_name)
        try:
            return await tables.read_port(self._node(olt, _left_s(deadline)), olt.name, ont)
        except InvalidValueError:
            gap = TableGap("ont.oper", Reason.NOT_SUPPORTED)
            return OltWalk(olt.name, self._clock.now(), Readings(), gaps=(gap,))

    async def walk(self, olt: OltTarget, timeout_s: float, without: frozenset[Metric[Any]] = frozenset()) -> OltWalk:
        """Read every table of the OLT; what the CLI lists where SNMP is mute.

        The CLI session is opened meanwhile, so that it is warm when asked.
        """
        deadline = asyncio.get_running_loop().time() + timeout_s
        if olt.cli is not None and not await self._answers(olt, timeout_s):
            return await self._listed(olt, deadline)
        warm = asyncio.create_task(self._warm(olt, timeout_s))
        try:
            return await tables.read_tables(self._node(olt, _left_s(deadline), live=False), olt.name, without)
        finally:
            warm.cancel()  # nothing, but where the caller has given up: the login goes on by itself, within its time

    def forget(self, olt: OltTarget) -> None:
        """See `domain.ports.OltDriver.forget`."""
        agent = agent_of(olt)
        self._learnt.pop(agent, None)
        self._client.forget(agent)
        if olt.cli is not None:
            self._cli.forget(olt.cli)

    async def close(self) -> None:
        """Close sockets and CLI sessions."""
        await asyncio.gather(self._client.close(), self._cli.close())

    async def _answers(self, olt: OltTarget, timeout_s: float) -> bool:
        """Whether SNMP answers at all, where there is something else to ask."""
        node = self._node(olt, min(timeout_s * _PATIENCE, _LONGEST_PROBE_S))
        varbinds, _ = await node.get([self._facts.column(OLT_UPTIME_S).oid])
        return not silent(varbinds)

    async def _listed(self, olt: OltTarget, deadline: float, pon: PonName | None = None) -> OltWalk:
        """The ONTs of a port, or of the OLT, as the CLI lists them; boards and PON ports stay unknown."""
        at, asked = self._clock.now(), cli_list.command(pon)
        found: list[OntRow] | Reason = Reason.NOT_SUPPORTED
        if olt.cli is not None:
            try:
                answer = await self._cli.send(olt.cli, subslocid.DIALECT, asked, _left_s(deadline))
                found = cli_list.listed(answer, at, asked, pon)
            except CollectionError as error:
                found = reason_of(error)
        gaps = [TableGap("olt", Reason.TIMEOUT)]
        if isinstance(found, Reason):
            return OltWalk(olt.name, at, Readings(), gaps=(*gaps, TableGap("ont", found)))
        reached: Reading[Any] = known(True, at, Source(Via.CLI, asked), Quality.DERIVED)
        ports = {row.name.pon_name for row in found}
        return OltWalk(
            olt.name,
            at,
            Readings({OLT_REACHABLE: reached}),
            pon_ports=tuple(PonRow(port, Readings()) for port in sorted(ports)),
            onts=tuple(found),
            gaps=tuple(gaps),
        )

    def _node(self, olt: OltTarget, timeout_s: float, *, live: bool = True) -> Node:
        agent = agent_of(olt)
        learnt = self._learnt.setdefault(agent, Learnt())
        return Node(self._client, Exchange.within(agent, timeout_s, live=live), self._clock, self._facts, learnt)

    async def _snmp(self, node: Node, ont: OntName) -> tuple[Rows, SourceReport]:
        started = asyncio.get_running_loop().time()
        try:
            rows = await read_access(node, ont)
        except InvalidValueError:  # a name that an ISAM cannot have: nothing was asked
            nothing: Reading[Any] = missing(Reason.NOT_SUPPORTED, self._clock.now())
            rows = {metric: nothing for metric in self._facts.capabilities if metric is not OLT_REACHABLE}
            return rows, SourceReport(SourceKind.OLT_SNMP, Outcome.SKIPPED, Reason.NOT_SUPPORTED)
        elapsed_ms = (asyncio.get_running_loop().time() - started) * 1000
        outcome, reason = judged(rows)
        return rows, SourceReport(SourceKind.OLT_SNMP, outcome, reason, elapsed_ms, node.exchange.requests)

    async def _password(self, olt: OltTarget, ont: OntName, timeout_s: float) -> tuple[Reading[str], SourceReport]:
        if olt.cli is None:
            report = SourceReport(SourceKind.OLT_CLI, Outcome.SKIPPED, Reason.NOT_SUPPORTED)
            return missing(Reason.NOT_SUPPORTED, self._clock.now(), _COMMAND), report
        started = asyncio.get_running_loop().time()
        try:
            answer = await self._cli.send(olt.cli, subslocid.DIALECT, subslocid.command(ont), timeout_s)
            found = subslocid.parse(answer, ont)
        except CollectionError as error:
            found = reason_of(error)
        elapsed_ms = (asyncio.get_running_loop().time() - started) * 1000
        now = self._clock.now()
        if isinstance(found, Reason):
            outcome = Outcome.OK if found is Reason.NO_READING else Outcome.FAILED
            report = SourceReport(SourceKind.OLT_CLI, outcome, found, elapsed_ms, 1)
            return missing(found, now, _COMMAND), report
        return known(found, now, _COMMAND), SourceReport(SourceKind.OLT_CLI, Outcome.OK, None, elapsed_ms, 1)

    async def _show(
        self, olt: OltTarget, ont: OntName, rows: Rows, deadline: float, cli: SourceReport
    ) -> tuple[Readings, SourceReport]:
        """What the CLI shows of what SNMP lacks; the story of the CLI with it."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        wanted = lacking(rows, SHOWN)
        asked = [question for question in questions(ont) if not wanted.isdisjoint(question[1])]
        sheets = [Sheet(self._clock.now(), command) for command, _, _ in asked]
        if olt.cli is None or not asked:
            return Readings(), cli
        try:
            commands = [command for command, _, _ in asked]
            answers = await self._cli.run(olt.cli, subslocid.DIALECT, commands, deadline - begun)
        except CollectionError as error:
            for sheet, (_, metrics, _) in zip(sheets, asked, strict=True):
                sheet.lack(metrics, reason_of(error))
        else:
            for sheet, (_, _, read), answer in zip(sheets, asked, answers, strict=True):
                read(answer, sheet)
        elapsed_ms = cli.elapsed_ms + (loop.time() - begun) * 1000
        told = Readings().merged(*(sheet.readings for sheet in sheets))
        return told, replace(cli, elapsed_ms=elapsed_ms, requests=cli.requests + len(asked))

    async def _warm(self, olt: OltTarget, timeout_s: float) -> None:
        if olt.cli is not None:
            try:
                await self._cli.send(olt.cli, subslocid.DIALECT, "", timeout_s)
            except CollectionError:
                return  # remembered and logged by the sessions; the next diagnosis says it


def _left_s(deadline: float) -> float:
    return deadline - asyncio.get_running_loop().time()
