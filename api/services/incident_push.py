"""Start and end of a collective incident, pushed to the operators that it touches: each hears of its own accesses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from api.services.announcing import announcement
from domain.announcement import AnnouncementKind
from domain.clock import Clock
from domain.identifiers import Id1, OntName
from domain.incident_news import IncidentNews
from domain.incidents import Incident, State
from domain.telemetry import pack

Served = tuple[str, Id1, OntName]
"""Operator, access and ONT."""


class Accesses(Protocol):
    """Who is served by the ONTs of an OLT."""

    async def served_by(self, olt: str) -> Sequence[Served]:
        """The accesses that hang from an OLT, of every operator."""
        ...


class Told(Protocol):
    """Who was told of the start of an incident."""

    async def told(self, numbers: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """The operators that have not been told of the end of each of these incidents yet."""
        ...


class IncidentPush:
    """Makes the news; the outbox keeps each once.

    The owner of the network is told of all accesses, by their number; the others of their own, by their ID1.
    """

    def __init__(self, accesses: Accesses, told: Told, clock: Clock) -> None:
        self._accesses = accesses
        self._told = told
        self._clock = clock

    async def news(self, operator_id: str, incidents: Sequence[Incident]) -> Sequence[IncidentNews]:
        """What operators may have to be told of these incidents of a network as they are now."""
        if not incidents:
            return []
        served = {olt: await self._accesses.served_by(olt) for olt in sorted({o for i in incidents for o in i.olts})}
        told = await self._told.told([one.number for one in incidents if one.state is State.CLOSED])
        at = self._clock.now()
        found: list[IncidentNews] = []
        for one in incidents:
            found.append(_news(operator_id, one, at, one.accesses, None))
            touched = _touched(one, served)  # who was told of the start hears of the end, whatever it has there now
            for operator in sorted((touched.keys() | told.get(one.number, frozenset())) - {operator_id}):
                accesses = touched.get(operator, [])
                found.append(_news(operator, one, at, len(accesses), accesses))
        return found


def _touched(one: Incident, served: Mapping[str, Iterable[Served]]) -> dict[str, list[Id1]]:
    """The accesses that an incident took, by operator."""
    found: defaultdict[str, list[Id1]] = defaultdict(list)
    for olt in one.olts:
        for operator, id1, ont in served.get(olt, ()):
            if one.covers(olt, pack(ont)):
                found[operator].append(id1)
    return found


def _news(operator: str, one: Incident, at: datetime, count: int, accesses: Sequence[Id1] | None) -> IncidentNews:
    ended = one.state is State.CLOSED
    data: dict[str, Any] = {
        "number": one.number,
        "state": one.state.value,
        "scope": one.ancestor.scope.value,
        "place": one.place,
        "cause": one.cause.value,
        "since": one.since.isoformat(),
        "closed_at": None if one.closed_at is None else one.closed_at.isoformat(),
        "into": one.into,
        "works": one.works,
        "accesses": count,
        "id1": None if accesses is None else sorted(str(id1) for id1 in accesses),
    }
    kind = AnnouncementKind.INCIDENT_END if ended else AnnouncementKind.INCIDENT_START
    return IncidentNews(operator, one.number, ended, announcement(kind, one.number, at, data))
