"""Everything a verdict is drawn from, at one instant: the engine sees this and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.access import OpticalClass, OutsidePlant, Place, TestName
from domain.events import EventObservation
from domain.history import History
from domain.identifiers import Id1, OntName, PonName
from domain.incident import KnownIncident
from domain.metric import Readings
from domain.reading import Quality, Reason, Source
from domain.states import OntAlarm, Oper


class Outcome(StrEnum):
    """How the reading of one source ended."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


class SourceKind(StrEnum):
    """A source that a test asks."""

    OLT_SNMP = "olt_snmp"
    OLT_CLI = "olt_cli"
    NEIGHBOURS = "neighbours"
    BOX = "box"  # the ACS, live
    BOX_STORED = "box_stored"
    SESSION = "session"  # RADIUS
    PLATFORM = "platform"  # the Internet platform, probed from its own side
    HISTORY = "history"  # telemetry


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What came of asking one source.

    Attributes:
        kind: The source.
        outcome: How it ended.
        reason: Why it is not ``ok``.
        elapsed_ms: How long it took, by the monotonic clock.
        requests: Requests sent to the equipment.
    """

    kind: SourceKind
    outcome: Outcome
    reason: Reason | None = None
    elapsed_ms: float = 0.0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another ONT of the same PON. Only its state is known here: never whose it is.

    Attributes:
        ont: Its name on the OLT.
        pbo: The PBO it hangs from, by the outside-plant records.
        splitter: Its last splitter, by the same records.
        oper: Operational state, ``None`` when unknown.
        alarms: Its alarms, ``None`` when unknown.
        last_change: When its state last changed.
        rx_delta_db: Level it receives, less its reference; ``None`` when unknown.
        olt_rx_delta_db: Level the OLT receives of it, less its reference.
        upstream_errors: Whether its upstream shows errors.
        unstable: Whether it falls again and again.
        street: The cable or street of its drop, by the records.
        power_area: The mains that feed it, by the records.
    """

    ont: OntName
    pbo: str | None
    splitter: str | None
    oper: Oper | None
    alarms: tuple[OntAlarm, ...] | None = None
    last_change: datetime | None = None
    rx_delta_db: float | None = None
    olt_rx_delta_db: float | None = None
    upstream_errors: bool | None = None
    unstable: bool | None = None
    street: str | None = None
    power_area: str | None = None


@dataclass(frozen=True, slots=True)
class PortState:
    """Another PON port of the same OLT."""

    pon: PonName
    oper: Oper | None
    last_change: datetime | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What is known of the ONTs of the same PON (subject excluded) and of the other PON ports of the OLT.

    Attributes:
        onts: The other ONTs; empty when ``reason`` is given.
        ports: The other PON ports.
        at: When they were read.
        source: Where from.
        quality: Live or stored.
        reason: Why nothing is known.
        complete: Whether every ONT of the PON is listed; a walk cut short is not.
    """

    onts: tuple[Neighbour, ...] = ()
    ports: tuple[PortState, ...] = ()
    at: datetime | None = None
    source: Source = field(default_factory=Source)
    quality: Quality = Quality.LIVE
    reason: Reason | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The input of one verdict.

    Attributes:
        id1: The access.
        test: The test asked.
        at: The instant of the diagnosis: "now" for every rule.
        place: Where the access hangs; ``None`` without ONT.
        outside: Its passive path.
        optical_class: Class of its PON.
        readings: Every reading of the access.
        neighbours: The rest of its PON.
        sources: What was asked, and what came of it.
        began_at: When reading began; ``None`` in snapshots from before it was kept. What was read live since then is
            of the present, however far the observed clock has run on.
        events: What the OLT announced of the ONT, its PON port and the other ONTs there, and of itself; oldest first.
        history: What is remembered of the access.
        incident: The collective incident that covers the access, where one was known when the test began.
    """

    id1: Id1
    test: TestName
    at: datetime
    place: Place | None
    outside: OutsidePlant = field(default_factory=OutsidePlant)
    optical_class: OpticalClass = OpticalClass.B_PLUS
    readings: Readings = field(default_factory=Readings)
    neighbours: Neighbours = field(default_factory=lambda: Neighbours(reason=Reason.NOT_READ))
    sources: tuple[SourceReport, ...] = ()
    began_at: datetime | None = None
    events: tuple[EventObservation, ...] = ()
    history: History = field(default_factory=History)
    incident: KnownIncident | None = None
