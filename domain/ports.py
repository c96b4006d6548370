"""The Protocols that the packages meet at. Each is small; an adapter is anything with that shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from domain.access import Access
from domain.box import Inform, KnownBox
from domain.box_actions import BoxAction, BoxEvent, BoxResult
from domain.events import EventObservation
from domain.identifiers import DeviceId, OntName
from domain.metric import Metric, Readings
from domain.olt import OltTarget, OltWalk
from domain.olt_actions import ActionKind, OltAction, OltResult
from domain.session import AccountingEvent, AuthEvent
from domain.session_actions import OpenSession, SessionResult
from domain.snapshot import SourceReport
from domain.states import Policy


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """What a live read brought: readings (with reasons where there is none) and the story of each source."""

    readings: Readings
    sources: tuple[SourceReport, ...]


class OltDriver(Protocol):
    """Reads OLTs of one vendor. Never raises for a device that is down: it returns readings with reasons."""

    vendor: str

    @property
    def capabilities(self) -> frozenset[Metric[object]]:
        """What this vendor can give; anything else reads ``not_supported``."""
        ...

    async def read_ont(self, olt: OltTarget, ont: OntName, timeout_s: float) -> ReadOutcome:
        """Read one ONT, its UNI, its PON port and its board, live, within ``timeout_s``."""
        ...

    async def read_pon(self, olt: OltTarget, ont: OntName, timeout_s: float) -> OltWalk:
        """Read the state of every ONT of the PON of ``ont`` and of the OLT's PON ports, live, within ``timeout_s``."""
        ...

    async def walk(self, olt: OltTarget, timeout_s: float, without: frozenset[Metric[Any]] = frozenset()) -> OltWalk:
        """Read the tables of the whole OLT, but the columns ``without``: their rows do not mention them."""
        ...

    def forget(self, olt: OltTarget) -> None:
        """Drop what is kept of an OLT that is reached so no more: what was learnt of it, its CLI session."""
        ...

    async def close(self) -> None:
        """Release sockets and CLI sessions."""
        ...


class OltActions(Protocol):
    """Acts on ONTs through their OLT, by SNMP SET or the command line, within the OLT's load budget."""

    def supported(self, olt: OltTarget) -> frozenset[ActionKind]:
        """What this OLT can be asked: its vendor, and whether the site gives a command line. Reads nothing."""
        ...

    async def act(self, olt: OltTarget, ont: OntName, action: OltAction, timeout_s: float) -> OltResult:
        """Do it within ``timeout_s``. Never raises for what the OLT does; never sent twice.

        Where the answer is lost, the state is read back: ``done`` or ``refused`` where that tells, else ``unknown``.
        An action that the OLT does not support is ``not_sent``, with a fault of code ``not_supported``.
        """
        ...

    async def settle(self, olt: OltTarget, ont: OntName, action: OltAction, timeout_s: float) -> OltResult:
        """What became of an action whose outcome was ``unknown``, by reading only: ``done``, or still ``unknown``."""
        ...

    async def close(self) -> None:
        """Release sockets and CLI sessions."""
        ...


class BoxGateway(Protocol):
    """Reads boxes live: the embedded ACS, or another one through its own interface."""

    async def read(self, box: KnownBox, timeout_s: float) -> ReadOutcome:
        """Ask the box for a session and read its values, within ``timeout_s``."""
        ...


class BoxStore(Protocol):
    """Where the ACS finds and keeps boxes."""

    async def find(self, device: DeviceId) -> KnownBox | None:
        """The box, when it belongs to an access; ``None`` for a stranger."""
        ...

    async def informed(self, box: KnownBox, inform: Inform, readings: Readings) -> None:
        """Keep an Inform of a known box and the readings it carries. Idempotent."""
        ...

    async def observed(self, box: KnownBox, readings: Readings) -> None:
        """Keep values read from the box."""
        ...

    async def parked(self, inform: Inform) -> None:
        """Note a box that belongs to no access."""
        ...

    async def announced(self, box: KnownBox, events: Sequence[BoxEvent]) -> None:
        """Keep what a box announced. Idempotent."""
        ...

    async def events(self, box: KnownBox, since: datetime) -> Sequence[BoxEvent]:
        """What a box announced since then, oldest first."""
        ...

    async def secured(self, box: KnownBox, generation: int | None, *, renew: bool) -> KnownBox | None:
        """Keep `domain.box_trust.came_with_own`; the box as it is trusted now, ``None`` when it is not any more."""
        ...

    async def opened(self, box: KnownBox, until: datetime | None) -> None:
        """Let a secured box come with a shared secret until then; ``None``: no more."""
        ...

    async def shared(self, box: KnownBox, mark: str, *, again: bool, another: bool) -> KnownBox | None:
        """Keep `domain.box_trust.came_with_shared`; the box as it is trusted now, ``None`` when it is not any more."""
        ...


class BoxActions(Protocol):
    """Acts on boxes: the embedded ACS, or another one through its own interface."""

    async def act(self, box: KnownBox, action: BoxAction, key: str, timeout_s: float) -> BoxResult:
        """Do it within ``timeout_s``. Never raises for what the box does; never sent twice once the box has it.

        ``key`` (32 characters at most) goes to the box as CommandKey or ParameterKey: `settle` recognises it.
        """
        ...

    async def settle(self, box: KnownBox, action: BoxAction, key: str, since: datetime, timeout_s: float) -> BoxResult:
        """What became of an action asked at ``since``, read from what the box announced or from the box itself."""
        ...


class SessionActions(Protocol):
    """Acts on PPP sessions where they end: at the NAS."""

    async def disconnect(self, session: OpenSession, timeout_s: float) -> SessionResult:
        """Close that session within ``timeout_s``. Never raises for what the NAS does; a session is closed once."""
        ...

    @property
    def filters(self) -> bool:
        """Whether the filters of port 25 are known here."""
        ...

    async def set_port25(self, access: Access, session: OpenSession, policy: Policy, timeout_s: float) -> SessionResult:
        """Have port 25 of that session filtered, or not, within ``timeout_s``. Obeyed twice, it is the same filter."""
        ...


class SessionStore(Protocol):
    """Where RADIUS events go. Events may come twice, late or out of order: keep what is true."""

    async def accounted(self, events: Sequence[AccountingEvent]) -> None:
        """Keep accounting events."""
        ...

    async def authenticated(self, events: Sequence[AuthEvent]) -> None:
        """Keep authentication events."""
        ...


class WalkStore(Protocol):
    """Where walks of OLTs are kept."""

    async def keep(self, olt: OltTarget, walk: OltWalk) -> None:
        """Keep a walk as the last of that OLT."""
        ...

    async def last(self, olt: OltTarget) -> OltWalk | None:
        """The last walk of that OLT."""
        ...


class EventSink(Protocol):
    """Where events go that the network announced."""

    async def observed(self, events: Sequence[EventObservation]) -> None:
        """Keep events; returns once they are accepted: only then does an OLT hear that its inform has arrived."""
        ...


class Sleeper(Protocol):
    """Waits until an instant of the clock in force, or until woken."""

    async def until(self, instant: datetime) -> None:
        """Return when the clock has reached ``instant``."""
        ...
