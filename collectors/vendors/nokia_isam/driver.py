"""The driver of the Nokia ISAM: `domain.ports.OltDriver` over SNMP v2c and the CLI."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from collectors.cli.sessions import CliSessions
from collectors.driving.outcome import judged, reachable
from collectors.snmp.client import Exchange, SnmpClient
from collectors.snmp.values import Agent
from collectors.vendors.nokia_isam import subslocid, tables
from collectors.vendors.nokia_isam.access import read_access
from collectors.vendors.nokia_isam.facts import VENDOR, Facts
from collectors.vendors.nokia_isam.node import Learnt, Node, Rows
from domain.clock import Clock
from domain.errors import (
    CollectionError,
    DeviceProtocolError,
    DeviceTimeoutError,
    DeviceUnreachableError,
    InvalidValueError,
)
from domain.identifiers import OntName
from domain.metric import Metric, Readings
from domain.metrics.olt import OLT_REACHABLE
from domain.metrics.ont import ONT_PASSWORD
from domain.olt import OltTarget, OltWalk, TableGap
from domain.ports import ReadOutcome
from domain.reading import Reading, Reason, Source, Via, known, missing
from domain.snapshot import Outcome, SourceKind, SourceReport

_COMMAND = Source(Via.CLI, "info configure equipment ont interface")


class NokiaIsamDriver:
    """Reads ISAM OLTs. See `domain.ports.OltDriver`; one instance serves every OLT of a process."""

    vendor = VENDOR

    def __init__(self, client: SnmpClient, cli: CliSessions, clock: Clock, facts: Facts) -> None:
        self._client = client
        self._cli = cli
        self._clock = clock
        self._facts = facts
        self._learnt: dict[Agent, Learnt] = {}

    @property
    def capabilities(self) -> frozenset[Metric[object]]:
        """What the declared columns and the CLI give."""
        return cast("frozenset[Metric[object]]", self._facts.capabilities)

    async def read_ont(self, olt: OltTarget, ont: OntName, timeout_s: float) -> ReadOutcome:
        """Read one ONT, its UNI, its PON port and its board, live: SNMP and CLI side by side."""
        node = self._node(olt, timeout_s)
        (rows, snmp), (password, cli) = await asyncio.gather(self._snmp(node, ont), self._password(olt, ont, timeout_s))
        asked = {} if snmp.outcome is Outcome.SKIPPED else dict(rows)
        if olt.cli is not None:
            asked[ONT_PASSWORD] = password
        rows[ONT_PASSWORD] = password
        rows[OLT_REACHABLE] = reachable(asked, self._clock.now())
        return ReadOutcome(Readings(rows), (snmp, cli))

    async def read_pon(self, olt: OltTarget, ont: OntName, timeout_s: float) -> OltWalk:
        """Read the ONTs of the PON of ``ont`` and the state of every PON port, live."""
        try:
            return await tables.read_port(self._node(olt, timeout_s), olt.name, ont)
        except InvalidValueError:
            gap = TableGap("ont.oper", Reason.NOT_SUPPORTED)
            return OltWalk(olt.name, self._clock.now(), Readings(), gaps=(gap,))

    async def walk(self, olt: OltTarget, timeout_s: float) -> OltWalk:
        """Read every table of the OLT. The CLI session is opened meanwhile, so that it is warm when asked."""
        warm = asyncio.create_task(self._warm(olt, timeout_s))
        try:
            return await tables.read_tables(self._node(olt, timeout_s), olt.name)
        finally:
            await warm

    async def close(self) -> None:
        """Close sockets and CLI sessions."""
        await asyncio.gather(self._client.close(), self._cli.close())

    def _node(self, olt: OltTarget, timeout_s: float) -> Node:
        agent = Agent(olt.host, olt.port, olt.community)
        learnt = self._learnt.setdefault(agent, Learnt())
        return Node(self._client, Exchange.within(agent, timeout_s), self._clock, self._facts, learnt)

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
            found = _reason(error)
        elapsed_ms = (asyncio.get_running_loop().time() - started) * 1000
        now = self._clock.now()
        if isinstance(found, Reason):
            outcome = Outcome.OK if found is Reason.NO_READING else Outcome.FAILED
            report = SourceReport(SourceKind.OLT_CLI, outcome, found, elapsed_ms, 1)
            return missing(found, now, _COMMAND), report
        return known(found, now, _COMMAND), SourceReport(SourceKind.OLT_CLI, Outcome.OK, None, elapsed_ms, 1)

    async def _warm(self, olt: OltTarget, timeout_s: float) -> None:
        if olt.cli is not None:
            try:
                await self._cli.send(olt.cli, subslocid.DIALECT, "", timeout_s)
            except CollectionError:
                return  # remembered and logged by the sessions; the next diagnosis says it


def _reason(error: CollectionError) -> Reason:
    kinds = (
        (DeviceTimeoutError, Reason.TIMEOUT),
        (DeviceUnreachableError, Reason.UNREACHABLE),
        (DeviceProtocolError, Reason.ERROR),
    )
    return next((reason for kind, reason in kinds if isinstance(error, kind)), Reason.ERROR)
