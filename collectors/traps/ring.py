"""The last events of the network, in memory, and who wants to hear of them as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from domain.events import EventObservation
from domain.identifiers import OntName, PonName

_log = structlog.get_logger(__name__)

Listener = Callable[[EventObservation], None]


class EventRing:
    """Keeps the last events of every OLT; the oldest make room. Implements `domain.ports.EventSink`.

    Nothing survives a restart: what the network announced before is read again by the polling cycle, as states.
    """

    def __init__(self, size: int = 20_000) -> None:
        self._events: deque[EventObservation] = deque(maxlen=size)
        self._listeners: dict[int, Listener] = {}

    async def observed(self, events: Sequence[EventObservation]) -> None:
        """Keep events and tell the listeners; one that fails is logged and costs nobody else."""
        self._events.extend(events)
        for event in events:
            for listener in tuple(self._listeners.values()):
                try:
                    listener(event)
                except Exception as error:  # noqa: BLE001 - the boundary: a listener's trouble is its own
                    _log.warning("event_listener_failed", error=type(error).__name__, why=str(error))

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with each event from now on; returns the call that ends it."""
        key = max(self._listeners, default=0) + 1
        self._listeners[key] = listener

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    def since(
        self, olt: str, instant: datetime, *, ont: OntName | None = None, pon: PonName | None = None
    ) -> list[EventObservation]:
        """The events of an OLT from ``instant`` on, oldest first: all, or what concerns an ONT or a PON port.

        What concerns an ONT is its own events, those of its PON port and those of the whole OLT.
        """
        found = [event for event in self._events if event.olt == olt and event.at >= instant]
        if ont is not None:
            return [e for e in found if e.ont == ont or (e.ont is None and e.pon in {None, ont.pon_name})]
        return found if pon is None else [e for e in found if e.pon in {None, pon}]
