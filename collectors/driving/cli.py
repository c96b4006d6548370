"""The command line beside SNMP: what a driver asks of it, and how what both tell becomes one.

SNMP comes first: it costs the OLT less. The command line is asked for what SNMP lacks, and for everything where no
SNMP answers; what SNMP refuses for good reason (a sentinel, an ONT that is down) is not asked again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from collectors.driving.derive import ONT_DERIVED, complete_ont, laser
from collectors.driving.facts import Facts
from collectors.driving.node import Rows
from collectors.driving.outcome import judged
from domain.identifiers import OntName, PonName
from domain.metric import Metric, Readings
from domain.metrics.ont import ONT_PROVISIONED
from domain.olt import CliAccess, OltWalk, OntRow
from domain.reading import Reading, Reason
from domain.snapshot import Outcome, SourceKind, SourceReport

_OPEN = frozenset({Reason.NOT_READ, Reason.NOT_SUPPORTED, Reason.TIMEOUT, Reason.UNREACHABLE, Reason.ERROR})
_OPEN |= {Reason.MALFORMED}

NO_CLI = SourceReport(SourceKind.OLT_CLI, Outcome.SKIPPED, Reason.NOT_SUPPORTED)
"""The site gives no command line."""


class CliReader(Protocol):
    """A vendor's command line. Its methods never raise for a device that is down."""

    @property
    def capabilities(self) -> frozenset[Metric[Any]]:
        """What it can tell of an ONT, its user port and its PON port."""
        ...

    async def read_ont(
        self, access: CliAccess, name: OntName, timeout_s: float, wanted: Collection[Metric[Any]]
    ) -> Readings:
        """What is wanted of one ONT, and whatever comes with it."""
        ...

    async def read_pon(self, access: CliAccess, pon: PonName, timeout_s: float) -> list[OntRow] | Reason:
        """The ONTs configured on a port, or why they are unknown."""
        ...

    async def walk(self, access: CliAccess, olt: str, timeout_s: float) -> OltWalk | Reason:
        """The whole OLT, or why nothing of it could be read."""
        ...

    def forget(self, access: CliAccess) -> None:
        """Drop what is kept of an OLT that is reached so no more."""
        ...

    async def close(self) -> None:
        """End every session."""
        ...


def lacking(rows: Mapping[Metric[Any], Reading[Any]], wanted: Collection[Metric[Any]]) -> frozenset[Metric[Any]]:
    """What SNMP left open of ``wanted``; nothing of an ONT that the OLT says is configured nowhere."""
    provisioned = rows.get(ONT_PROVISIONED)
    if provisioned is not None and provisioned.value is False:
        return frozenset()
    return frozenset(metric for metric in wanted if metric not in rows or rows[metric].reason in _OPEN)


def completed(facts: Facts, rows: Rows, told: Readings) -> Rows:
    """The rows of SNMP with what the command line told in their gaps, and what follows from both."""
    open_ = lacking(rows, [*told, *ONT_DERIVED])
    merged = {metric: reading for metric, reading in rows.items() if metric not in open_ & ONT_DERIVED}
    for metric in told:
        if metric in open_ and (told[metric].reason not in _OPEN or metric not in rows):
            merged[metric] = told[metric]
    laser(merged)
    complete_ont(merged, facts)
    return {**{metric: rows[metric] for metric in open_ if metric in rows}, **merged}


def report(told: Readings, elapsed_ms: float) -> SourceReport:
    """How the command line answered."""
    outcome, reason = judged(told.values)
    commands = {told[metric].source.locator for metric in told}
    return SourceReport(SourceKind.OLT_CLI, outcome, reason, elapsed_ms, len(commands))
