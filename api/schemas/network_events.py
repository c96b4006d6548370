"""What the network announces, as the NOC reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from api.services.network_events import NetworkEvents, Numbered
from domain.events import EventKind, EventScope
from domain.identifiers import OntName, PonName


class VariableOut(BaseModel):
    """A variable that came with a notification."""

    oid: str
    value: str


class EventOut(BaseModel):
    """Something that an OLT announced."""

    id: str
    at: datetime
    olt: str
    kind: EventKind
    scope: EventScope
    pon: PonName | None
    ont: OntName | None
    source: str
    variables: list[VariableOut]

    @classmethod
    def of(cls, numbered: Numbered, events: NetworkEvents) -> Self:
        """An event as kept."""
        event = numbered.event
        return cls(
            id=events.identifier(numbered),
            at=event.at,
            olt=event.olt,
            kind=event.kind,
            scope=event.scope,
            pon=event.pon,
            ont=event.ont,
            source=str(event.source),
            variables=[VariableOut(oid=oid, value=value) for oid, value in event.variables],
        )


class EventsOut(BaseModel):
    """A page of events, newest first."""

    events: list[EventOut]
    before: str | None
    """What the next page is asked with; ``None`` on the last one."""


class LostOut(BaseModel):
    """Told in the place of events that this reader will not see."""

    count: int | None
    """How many; ``None`` where that is not known."""
