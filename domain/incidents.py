"""A collective incident as it is followed from run to run over a fleet, and what happens to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from domain.clock import PARIS
from domain.incident import Ancestor, KnownIncident

Members = Mapping[str, NDArray[np.int64]]
"""ONTs by OLT: sorted, as `domain.telemetry.pack` names them."""


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    RECOVERING = "recovering"  # its ONTs are back, for less time than would be sure
    UNKNOWN = "unknown"  # its OLT does not answer: nothing can be said
    CLOSED = "closed"


class Cause(StrEnum):
    """What is at fault, as far as a fleet's states tell."""

    FIBRE = "fibre"
    PORT = "port"
    FIBRE_OR_PORT = "fibre_or_port"
    EQUIPMENT = "equipment"
    MAINS = "mains"


class Kind(StrEnum):
    """What happened to an incident."""

    OPENED = "opened"
    UPDATED = "updated"
    WIDENED = "widened"  # the evidence grew: it is of something higher up than was thought
    NARROWED = "narrowed"
    MERGED = "merged"  # it has taken others in
    ABSORBED = "absorbed"  # it is part of another
    SPLIT = "split"  # it was thought to be part of another
    LOST = "lost"  # its OLT does not answer any more
    FOUND = "found"  # its OLT answers again
    RECOVERING = "recovering"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, eq=False)
class Incident:
    """One incident.

    Attributes:
        number: Its identifier, the same from its first run to its last.
        ancestor: What broke.
        place: Its reference.
        since: When its first ONTs fell; never later than ``opened_at``.
        opened_at: When it was first seen.
        updated_at: The last run that looked at it.
        members: Every ONT that it took since it began.
        down: How many of them are still down.
        back: How many are seen back.
        unknown: How many are not known now.
        up: ONTs that hang from what broke and did not fall, when last seen.
        gasps: How many sent a dying gasp.
        confidence: 0 to 1.
        works: Whether planned works cover it.
        calm_since: Since when enough of them are back; ``None`` while they are not.
        unknown_since: Since when its OLT does not answer.
        closed_at: When it ended.
        into: The incident that it is part of, once absorbed.
        origin: The incident that it was split from.
    """

    number: str
    ancestor: Ancestor
    place: str
    cause: Cause
    since: datetime
    opened_at: datetime
    updated_at: datetime
    members: Members
    state: State = State.OPEN
    down: int = 0
    back: int = 0
    unknown: int = 0
    up: int = 0
    gasps: int = 0
    confidence: float = 0.0
    works: bool = False
    calm_since: datetime | None = None
    unknown_since: datetime | None = None
    closed_at: datetime | None = None
    into: str | None = None
    origin: str | None = None

    @property
    def accesses(self) -> int:
        """How many ONTs it took."""
        return sum(len(keys) for keys in self.members.values())

    @property
    def olts(self) -> tuple[str, ...]:
        """The OLTs that it touches."""
        return tuple(sorted(self.members))

    def covers(self, olt: str, ont: int) -> bool:
        """Whether it took that ONT."""
        keys = self.members.get(olt)
        if keys is None:
            return False
        at = int(np.searchsorted(keys, ont))
        return at < len(keys) and int(keys[at]) == ont

    def known(self) -> KnownIncident:
        """What a line test may know of it."""
        return KnownIncident(
            self.number,
            self.ancestor,
            self.place,
            self.since,
            self.accesses,
            self.confidence,
            self.updated_at,
            self.works,
            self.unknown_since,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One line of an incident's history.

    Attributes:
        number: Of the incident.
        others: Incidents that it took in, is part of, or was split from.
        before: What it was thought to be before, where that changed.
    """

    number: str
    kind: Kind
    at: datetime
    ancestor: Ancestor
    place: str
    accesses: int
    down: int
    confidence: float
    others: tuple[str, ...] = field(default=())
    before: Ancestor | None = None


def number_of(olt: str, ancestor: Ancestor, place: str, since: datetime, first: int) -> str:
    """An identifier drawn from what the incident is: a run that is repeated gives the same."""
    told = f"{olt}\n{ancestor}\n{place}\n{since.isoformat()}\n{first}"
    return f"INC-{since.astimezone(PARIS):%y%m%d}-{hashlib.sha256(told.encode()).hexdigest()[:6].upper()}"
