"""What the network announced, turned into the readings that the engine already understands.

An announcement never overrides a reading that is newer than it: what was read live after a trap is the present.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from domain.events import FALLS, RISES, EventKind, EventObservation, EventScope
from domain.identifiers import OntName
from domain.metric import Metric, Readings
from domain.metrics.olt import PON_DOWN_CAUSE, PON_LAST_CHANGE, PON_LAST_DOWN, PON_LAST_UP, PON_OPER
from domain.metrics.ont import (
    ONT_ALARMS,
    ONT_DOWN_CAUSE,
    ONT_LAST_CHANGE,
    ONT_LAST_DOWN,
    ONT_LAST_DYING_GASP,
    ONT_LAST_UP,
    ONT_OPER,
    UNI_OPER,
)
from domain.reading import Quality, Reading, known
from domain.snapshot import Neighbour, Neighbours, PortState
from domain.states import DownCause, OntAlarm, Oper

_OWN = 128  # C: events of the access itself that a snapshot keeps; as many of its neighbours
_ALARMS = {EventKind.LOS: OntAlarm.LOS, EventKind.DYING_GASP: OntAlarm.DG}
_CAUSES = {EventKind.LOS: DownCause.LOS, EventKind.DYING_GASP: DownCause.DYING_GASP}

T = TypeVar("T")


def bearing_on(ont: OntName, events: Sequence[EventObservation]) -> tuple[EventObservation, ...]:
    """The last events that bear on ``ont``: its own and those of what it hangs from, and its neighbours'."""
    about = [event for event in events if event.concerns(ont.pon_name)]
    own = [event for event in about if event.ont in {None, ont}][-_OWN:]
    others = [event for event in about if event.ont not in {None, ont}][-_OWN:]
    return tuple(sorted([*own, *others], key=lambda event: event.at))


def with_announced(
    readings: Readings, ont: OntName, events: Iterable[EventObservation], began_at: datetime
) -> Readings:
    """``readings`` of an ONT, its user port and its PON port, brought up to what was announced, oldest event first.

    Args:
        readings: What was read.
        ont: The ONT.
        events: What the OLT announced; others' events are passed over.
        began_at: From when on an event is as good as a live reading.
    """
    told = _Told(dict(readings.values), began_at)
    for event in events:
        if event.scope is EventScope.PON and event.pon == ont.pon_name:
            told.port(event)
        elif event.scope is EventScope.ONT and event.ont == ont:
            told.ont(event)
        elif event.scope is EventScope.UNI and event.ont == ont and event.kind in FALLS | RISES:
            told.put(UNI_OPER, Oper.DOWN if event.kind in FALLS else Oper.UP, event)
    return Readings(told.values)


def neighbours_announced(neighbours: Neighbours, events: Sequence[EventObservation], began_at: datetime) -> Neighbours:
    """The rest of the PON and the other ports, brought up to what was announced since they were read."""
    at = neighbours.at
    since = [event for event in events if at is None or event.at > at]
    if not since:
        return neighbours
    of_onts = {event.ont for event in since}
    onts = tuple(_neighbour(n, at, since, began_at) if n.ont in of_onts else n for n in neighbours.onts)
    ports = tuple(_port(port, since) for port in neighbours.ports)
    return replace(neighbours, onts=onts, ports=ports)


def _neighbour(
    neighbour: Neighbour, at: datetime | None, events: Sequence[EventObservation], began_at: datetime
) -> Neighbour:
    seen: tuple[tuple[Metric[Any], Any], ...] = (
        (ONT_OPER, neighbour.oper),
        (ONT_ALARMS, neighbour.alarms),
        (ONT_LAST_CHANGE, neighbour.last_change),
    )
    values = {metric: Reading(value, None, at) for metric, value in seen if value is not None}
    now = with_announced(Readings(values), neighbour.ont, events, began_at)
    return replace(
        neighbour,
        oper=now.value(ONT_OPER),
        alarms=now.value(ONT_ALARMS),
        last_change=now.value(ONT_LAST_CHANGE),
    )


def _port(port: PortState, events: Sequence[EventObservation]) -> PortState:
    for event in events:
        if event.scope is EventScope.PON and event.pon == port.pon and event.kind in _OF_A_PORT:
            port = replace(port, oper=_OF_A_PORT[event.kind], last_change=event.at)
    return port


_OF_A_PORT = {EventKind.LINK_DOWN: Oper.DOWN, EventKind.LOS: Oper.DOWN, EventKind.LINK_UP: Oper.UP}


@dataclass(slots=True)
class _Told:
    """Readings being brought up to date, event by event."""

    values: dict[Metric[Any], Reading[Any]]
    began_at: datetime
    _fall: set[EventKind] = field(default_factory=set)  # what was said of the fall under way

    def put(self, metric: Metric[T], value: T, event: EventObservation) -> None:
        present = self.values.get(metric)
        if present is not None and present.known and (present.at is None or present.at >= event.at):
            return
        quality = Quality.LIVE if event.at >= self.began_at else Quality.STORED
        self.values[metric] = known(value, event.at, event.source, quality)

    def port(self, event: EventObservation) -> None:
        if event.kind not in _OF_A_PORT:
            return
        oper = _OF_A_PORT[event.kind]
        self.put(PON_OPER, oper, event)
        self.put(PON_LAST_CHANGE, event.at, event)
        self.put(PON_LAST_DOWN if oper is Oper.DOWN else PON_LAST_UP, event.at, event)
        if event.kind is EventKind.LOS:
            self.put(PON_DOWN_CAUSE, DownCause.LOS, event)

    def ont(self, event: EventObservation) -> None:
        if event.kind in RISES:
            self._fall.clear()
            self.put(ONT_OPER, Oper.UP, event)
            self.put(ONT_LAST_CHANGE, event.at, event)
            self.put(ONT_LAST_UP, event.at, event)
        elif event.kind in FALLS:
            if not self._fall or event.kind in self._fall:  # said twice: it was up in between
                self._fall.clear()
                self.put(ONT_LAST_CHANGE, event.at, event)
                self.put(ONT_LAST_DOWN, event.at, event)
            self._cause(event)
            self._fall.add(event.kind)
            self.put(ONT_OPER, Oper.DOWN, event)
        self._alarms(event)

    def _cause(self, event: EventObservation) -> None:
        if event.kind is EventKind.DYING_GASP:
            self.put(ONT_LAST_DYING_GASP, event.at, event)
        if event.kind in _CAUSES and EventKind.DYING_GASP not in self._fall:  # light is lost after a gasp in any case
            self.put(ONT_DOWN_CAUSE, _CAUSES[event.kind], event)

    def _alarms(self, event: EventObservation) -> None:
        """What is raised: the alarms as last read, with those announced since, until the ONT is up again."""
        alarms = Readings(self.values).value(ONT_ALARMS) or ()
        raised = _ALARMS.get(event.kind)
        if raised is not None and raised not in alarms:
            self.put(ONT_ALARMS, (*alarms, raised), event)
        elif event.kind in RISES and not set(alarms).isdisjoint(_ALARMS.values()):
            self.put(ONT_ALARMS, tuple(a for a in alarms if a not in _ALARMS.values()), event)
