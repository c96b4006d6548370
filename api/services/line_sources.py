"""Where a line test reads: the Protocols of its sources, and its deadlines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from api.services.box_checks import BoxChecks
from api.services.history import LineHistory
from domain.access import Access, OutsidePlant, Place
from domain.box import KnownBox
from domain.identifiers import Id1, OntName
from domain.incident import KnownIncident
from domain.metric import Readings
from domain.olt import OltTarget, OltWalk
from domain.ports import BoxGateway, OltDriver
from domain.reference import ReferenceMeasure
from domain.works import PlannedWork


class Network(Protocol):
    """The infrastructure operator's records that a test needs."""

    async def olt(self, name: str) -> OltTarget:
        """How to reach an OLT."""
        ...

    async def outside_of(self, olt: str, ont: OntName) -> Mapping[OntName, OutsidePlant]:
        """Outside-plant records of every ONT of the PON of ``ont``."""
        ...

    async def last_walk(self, olt: OltTarget) -> OltWalk | None:
        """The last walk kept of an OLT."""
        ...


class BoxRecords(Protocol):
    """Where the last values of boxes are kept."""

    async def of_access(self, access: Access) -> KnownBox | None:
        """The box of an access, with its last values."""
        ...


class SessionRecords(Protocol):
    """Where RADIUS events are kept."""

    async def last(self, access: Access) -> Readings:
        """The last known session and authentication of an access."""
        ...


class ReferenceRecords(Protocol):
    """Where reference measures are kept."""

    async def last(self, operator_id: str, id1: Id1) -> ReferenceMeasure | None:
        """The newest of an access."""
        ...


class Platform(Protocol):
    """What is known of the Internet platform."""

    @property
    def watches(self) -> bool:
        """Whether anything is probed."""
        ...

    async def around(self, access: Access) -> Readings:
        """What stands behind an access."""
        ...

    async def flows(self, session: Readings, patience_s: float) -> Readings:
        """The flows of a subscriber, out of the readings of its session."""
        ...

    def own_resolvers(self, box: Readings) -> Readings:
        """Whether a box uses name servers of its own."""
        ...


class Incidents(Protocol):
    """What is known of collective incidents."""

    def of(self, place: Place, outside: OutsidePlant) -> KnownIncident | None:
        """The open incident that covers an access."""
        ...


class Works(Protocol):
    """Where planned works are kept."""

    async def covering(self, access: Access, at: datetime) -> Sequence[PlannedWork]:
        """The works that cover an access at an instant."""
        ...


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a test may take, in seconds of the monotonic clock.

    Attributes:
        test_s: A whole test.
        box_s: Waiting for a box to open a session.
        silent_box_s: The same, for a box whose Informs have stopped: most likely nobody answers.
        cut_off_box_s: The same, once the OLT says that the ONT or its link to the box is down. Not zero: an answer
            would prove the OLT wrong.
    """

    test_s: float
    box_s: float = 4.0
    silent_box_s: float = 1.5
    cut_off_box_s: float = 0.4


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a test reads.

    Attributes:
        history: What telemetry remembers; ``None``: nothing does.
        references: Measures that stand for the medians of telemetry where they were taken; ``None``: there are none.
        works: What is planned; ``None``: nobody tells.
        checks: What the box tries by itself; ``None``: nothing.
        platform: What stands behind the LNS; ``None``: nobody probes it.
    """

    network: Network
    driver: Callable[[str], OltDriver]
    boxes: BoxRecords
    gateway: BoxGateway
    sessions: SessionRecords
    history: LineHistory | None = None
    references: ReferenceRecords | None = None
    checks: BoxChecks | None = None
    works: Works | None = None
    platform: Platform | None = None
