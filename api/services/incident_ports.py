"""What the watch over incidents meets: records, works, who is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from api.services.fleet import (
    Hanging,
)
from domain.identifiers import OntName
from domain.incident_news import IncidentNews
from domain.incidents import Change, Incident
from domain.olt import OltTarget, OltWalk
from domain.works import PlannedWork


class Network(Protocol):
    """What the records tell of the fleet."""

    async def ancestors_of(self, olt: str) -> list[Hanging]:
        """What every ONT of an OLT hangs from."""
        ...

    async def last_walk(self, olt: OltTarget) -> OltWalk | None:
        """The last walk kept of an OLT."""
        ...

    async def under_pm(self, olt: str, pm: str) -> frozenset[OntName]:
        """The ONTs of an OLT that hang from a *point de mutualisation*."""
        ...


class Works(Protocol):
    """What the owners of OLTs have announced."""

    async def on_olts(self, olts: Iterable[str], at: datetime) -> Sequence[PlannedWork]:
        """The works announced on these OLTs that are under way."""
        ...


class Kept(Protocol):
    """Where incidents are kept."""

    async def keep(
        self, operator_id: str, incidents: Sequence[Incident], changes: Sequence[Change], news: Sequence[IncidentNews]
    ) -> None:
        """Keep them as they are now, what happened, and what operators are told of it."""
        ...

    async def open(self, operator_id: str) -> list[Incident]:
        """Those that go on."""
        ...

    async def operators(self) -> list[str]:
        """The operators that have open incidents."""
        ...


class Push(Protocol):
    """Who is told of what."""

    async def news(
        self, operator_id: str, incidents: Sequence[Incident], changes: Sequence[Change], spread: frozenset[str]
    ) -> Sequence[IncidentNews]:
        """What operators may have to be told of these incidents of a network as they are now.

        Args:
            operator_id: Whose network it is.
            incidents: Those that something happened to.
            changes: What happened.
            spread: The numbers of those that may touch somebody whom they did not touch before, or that ended.
        """
        ...
