"""The Protocols that téléactions meet the rest at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.access import Access, TestName
from domain.box import KnownBox
from domain.identifiers import Id1
from domain.session_actions import OpenSession
from domain.teleaction import ActionNumber, ActionState, Effect, Job, LineState, Sentence


class Happening(StrEnum):
    """What an access lets hear while somebody acts on it."""

    BOX_BOOTED = "box_booted"
    BOX_INFORMED = "box_informed"
    SESSION_STARTED = "session_started"
    SESSION_STOPPED = "session_stopped"
    ONT_DOWN = "ont_down"
    ONT_UP = "ont_up"


class Heard(Protocol):
    """What has been heard of one access since somebody listens."""

    async def first(self, of: frozenset[Happening], since: datetime) -> datetime:
        """When the first of these was heard from ``since`` on; waits for it, without end."""
        ...


class Ear(Protocol):
    """Listens to what the network, the boxes and RADIUS announce."""

    def listening(self, access: Access) -> AbstractContextManager[Heard]:
        """Hear what concerns an access, within the block."""
        ...


class LineProbe(Protocol):
    """Tests a line as an agent would."""

    async def test(self, access: Access, test: TestName) -> LineState:
        """Run that test now. Never raises for what the line does."""
        ...


class IncidentsKnown(Protocol):
    """Collective incidents that explain the fault of an access."""

    async def explains(self, access: Access) -> str | None:
        """Reference of the open incident that this access is part of; ``None`` without."""
        ...


@dataclass(frozen=True, slots=True)
class FirmwareFile:
    """A firmware that may be installed: which box model takes it, where the box fetches it, its size in octets."""

    model: str
    version: str
    url: str
    size: int = 0
    hardware: str = ""


class FirmwareCatalogue(Protocol):
    """The firmware files that the operator of the boxes has released."""

    def files(self) -> Sequence[FirmwareFile]:
        """All of them."""
        ...


class AccessFinder(Protocol):
    """Where a worker finds what a job is about; the job's operator bounds what it sees."""

    async def access(self, operator_id: str, id1: Id1) -> Access:
        """The access; raises `NotFoundError` when it is gone."""
        ...

    async def box(self, access: Access) -> KnownBox | None:
        """Its box with its last values."""
        ...

    async def session(self, access: Access) -> OpenSession | None:
        """Its PPP session, while one is known to be open."""
        ...

    async def upgrading(self, box: KnownBox, since: datetime) -> bool:
        """Whether the box has said since then that it received a firmware, and has not started since."""
        ...


class Jobs(Protocol):
    """The queue of téléactions: one job a target, taken under a lease that expires, never sent twice.

    Every change of a job changes its record and appends to the audit trail in the same transaction. Calls that need
    the lease return ``False`` when it is no longer ``owner``'s: the worker then leaves the job alone.
    """

    async def claim(self, owner: str, now: datetime, until: datetime, limit: int) -> Sequence[Job]:
        """Take jobs that are due and that nobody holds."""
        ...

    async def renew(self, owner: str, numbers: Sequence[str], until: datetime) -> None:
        """Hold on to these jobs; the leases of others end."""
        ...

    async def next_due(self, now: datetime) -> datetime | None:
        """When the next job is due, or the next lease expires; ``None`` when nothing waits."""
        ...

    async def started(self, job: Job, owner: str, now: datetime) -> bool:
        """It is being carried out."""
        ...

    async def acting(self, job: Job, owner: str, now: datetime, before: LineState) -> bool:
        """It is about to be sent; committed on return. From here on it is never sent again."""
        ...

    async def unsettled(self, job: Job, owner: str, now: datetime, again_at: datetime, said: Sentence) -> bool:
        """What became of it is not known yet; it is settled again at ``again_at``."""
        ...

    async def ended(self, job: Job, owner: str, now: datetime, effect: Effect, after: LineState | None) -> bool:
        """It has ended with that effect (or was refused): its job is gone, its secrets with it."""
        ...


class TeleactionHistory(Protocol):
    """What guards ask of the past."""

    async def last_acting(self, operator_id: str, action: str, target: str) -> datetime | None:
        """When that action was last sent to that target."""
        ...


class Follow(Protocol):
    """Who follows a téléaction hears its states."""

    def __call__(self, number: ActionNumber, state: ActionState, data: Mapping[str, object]) -> None:
        """It is in that state now."""
        ...
