"""Campaigns: the same téléaction on many accesses, a canary first, then in waves, until something says stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.errors import InvalidValueError
from domain.identifiers import Id1
from domain.teleaction import ActionNumber, Value


class CampaignState(StrEnum):
    """Where a campaign stands."""

    RUNNING = "en cours"
    PAUSED = "en pause"
    STOPPED = "arrêtée"  # by its stop condition
    DONE = "terminée"
    CANCELLED = "annulée"

    @property
    def final(self) -> bool:
        """Whether nothing follows."""
        return self in (CampaignState.STOPPED, CampaignState.DONE, CampaignState.CANCELLED)


class MemberOutcome(StrEnum):
    """What became of one access."""

    WAITING = "en attente"
    ASKED = "demandée"
    HEALTHY = "saine"  # its téléaction ended and the line is at least as well as before
    UNHEALTHY = "dégradée"  # it ended and the line is not, or it could not be done
    REFUSED = "refusée"  # a precondition stood against it: nothing was done

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return self not in (MemberOutcome.WAITING, MemberOutcome.ASKED)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a campaign goes on.

    Attributes:
        canary: Accesses of the first wave.
        wave: Accesses of each wave after it.
        most_unhealthy: Unhealthy ends that stop it, within a wave, as a share; of the canary, one is enough.
        per_olt: Téléactions at once on one OLT.
        at_once: Téléactions at once in all: what its ACS is asked.
        in_window: Whether it acts only while the maintenance window is open.
    """

    canary: int = 5
    wave: int = 50
    most_unhealthy: float = 0.05
    per_olt: int = 8
    at_once: int = 16
    in_window: bool = False

    def __post_init__(self) -> None:
        for name in ("canary", "wave", "per_olt", "at_once"):
            if getattr(self, name) < 1:
                raise InvalidValueError(name, getattr(self, name), "1 or more")
        if not 0 <= self.most_unhealthy <= 1:
            raise InvalidValueError("most_unhealthy", self.most_unhealthy, "a share from 0 to 1")

    def wave_of(self, place: int) -> int:
        """The wave of the access at that place: 0 is the canary."""
        return 0 if place < self.canary else 1 + (place - self.canary) // self.wave


@dataclass(frozen=True, slots=True)
class Selection:
    """Which accesses: those that match every criterion given.

    Attributes:
        model: Model that the box tells.
        firmware: Version that it tells.
        olt: Name of the OLT.
        pon: PON port, ``PON-…``.
        limit: So many at most.
    """

    model: str = ""
    firmware: str = ""
    olt: str = ""
    pon: str = ""
    limit: int = 10_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign does: the téléaction, its parameters, why, on which accesses, how fast."""

    action: str
    reason: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True)
class Member:
    """One access of a campaign."""

    id1: Id1
    wave: int
    olt: str
    outcome: MemberOutcome = MemberOutcome.WAITING
    number: ActionNumber | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign; ``stopped_by`` says what stopped it."""

    operator_id: str
    campaign_id: str
    account: str
    plan: Plan
    state: CampaignState
    created_at: datetime
    updated_at: datetime
    stopped_by: str = ""
