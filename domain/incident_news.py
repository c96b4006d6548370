"""What an operator is told of an incident that touches its accesses: start and end once each, changes between."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.announcement import Announcement


class Moment(StrEnum):
    """Where in the life of an incident, for one operator."""

    START = "start"
    CHANGE = "change"
    END = "end"


@dataclass(frozen=True, slots=True)
class IncidentNews:
    """Something that one operator may have to be told; whoever keeps it knows what it was told already.

    A start is told once; a change, and the end, to who was told of the start by then and not of the end.

    Attributes:
        operator_id: Who is told.
        number: The incident.
        announcements: What its webhooks and hubs are sent.
    """

    operator_id: str
    number: str
    moment: Moment
    announcements: tuple[Announcement, ...]
