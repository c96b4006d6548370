"""Start and end of a collective incident, pushed to the operators that it touches: each hears of its own accesses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from api.services.announcing import announcement
from api.services.incident_views import View
from api.tmf.incident_news import HUBS, hub_events
from domain.announcement import Announcement, AnnouncementKind
from domain.clock import Clock
from domain.identifiers import Id1, OntName
from domain.incident_news import IncidentNews, Moment
from domain.incidents import Change, Incident, Kind, State
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


class Listeners(Protocol):
    """Who has hubs."""

    async def listeners(self, *kinds: AnnouncementKind) -> frozenset[str]:
        """The operators that asked for one of these kinds by its name."""
        ...


class IncidentPush:
    """Makes the news; the outbox keeps each once, with the incident itself.

    The owner of the network is told of all accesses, by their number; the others of their own, by their ID1. Webhooks
    hear of the start and the end; hubs of what changes in between too.
    """

    def __init__(self, accesses: Accesses, told: Told, listeners: Listeners, clock: Clock) -> None:
        self._accesses = accesses
        self._told = told
        self._listeners = listeners
        self._clock = clock

    async def news(
        self, operator_id: str, incidents: Sequence[Incident], changes: Sequence[Change], spread: frozenset[str]
    ) -> Sequence[IncidentNews]:
        """What operators may have to be told of these incidents of a network as they are now."""
        hubs = await self._listeners.listeners(*HUBS) if changes else frozenset[str]()
        news = [one for one in incidents if hubs or one.number in spread]
        if not news:
            return []
        reaching = [one for one in news if one.number in spread or hubs - {operator_id}]
        served = {olt: await self._accesses.served_by(olt) for olt in sorted({o for i in reaching for o in i.olts})}
        told = await self._told.told([one.number for one in news if one.state is State.CLOSED])
        happened: defaultdict[str, list[Kind]] = defaultdict(list)
        for change in changes:
            happened[change.number].append(change.kind)
        found: list[IncidentNews] = []
        for one in news:
            touched = _touched(one, served)  # who was told of the start hears of the end, whatever it has there now
            others = sorted((touched.keys() | told.get(one.number, frozenset())) - {operator_id})
            reach = [_Reach(operator_id, one, None), *(_Reach(name, one, touched.get(name, [])) for name in others)]
            for each in reach:
                listens = each.operator_id in hubs
                found += self._of(each, happened[one.number], spread=one.number in spread, listens=listens)
        return found

    def _of(self, reach: _Reach, kinds: Sequence[Kind], *, spread: bool, listens: bool) -> Iterator[IncidentNews]:
        """What one operator is told of one incident."""
        one, at = reach.incident, self._clock.now()
        moment = Moment.END if one.state is State.CLOSED else Moment.START
        if spread:
            events = hub_events(reach.view, moment, kinds, at) if listens else []
            yield IncidentNews(reach.operator_id, one.number, moment, (reach.announced(moment, at), *events))
        if listens and kinds and moment is Moment.START:
            events = hub_events(reach.view, Moment.CHANGE, kinds, at)
            yield IncidentNews(reach.operator_id, one.number, Moment.CHANGE, tuple(events))


@dataclass(frozen=True, slots=True)
class _Reach:
    """How an incident touches an operator; ``accesses`` is ``None`` for the owner of the network."""

    operator_id: str
    incident: Incident
    accesses: Sequence[Id1] | None

    @property
    def view(self) -> View:
        return View(self.incident, None if self.accesses is None else len(self.accesses))

    def announced(self, moment: Moment, at: datetime) -> Announcement:
        """The event of webhooks."""
        one, mine = self.incident, self.accesses
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
            "accesses": one.accesses if mine is None else len(mine),
            "id1": None if mine is None else sorted(str(id1) for id1 in mine),
        }
        kind = AnnouncementKind.INCIDENT_END if moment is Moment.END else AnnouncementKind.INCIDENT_START
        return announcement(kind, one.number, at, data)


def _touched(one: Incident, served: Mapping[str, Iterable[Served]]) -> dict[str, list[Id1]]:
    """The accesses that an incident took, by operator."""
    found: defaultdict[str, list[Id1]] = defaultdict(list)
    for olt in one.olts:
        for operator, id1, ont in served.get(olt, ()):
            if one.covers(olt, pack(ont)):
                found[operator].append(id1)
    return found
