"""What the operators' own systems are told: an event written with what it tells of, delivered afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AnnouncementKind(StrEnum):
    """Kinds of events; a webhook may ask for some of them."""

    DIAGNOSIS = "diagnosis.state"
    TICKET = "ticket.state"
    GTR_BREACHED = "ticket.gtr_breached"
    GTR_COUNTDOWN = "ticket.gtr_countdown"
    INCIDENT_START = "incident.start"
    INCIDENT_END = "incident.end"
    TEST = "webhook.test"
    TMF653 = "tmf653"
    TMF621 = "tmf621"
    TMF656 = "tmf656"
    TMF642 = "tmf642"

    @property
    def hub(self) -> bool:
        """Whether it is for hubs of a TM Forum interface, and for nobody who did not ask for it by name."""
        return self.value.startswith("tmf")


@dataclass(frozen=True, slots=True)
class Announcement:
    """One event for one operator.

    Attributes:
        event_id: The same at every attempt and for every webhook: the receiver drops what it has had.
        lane: What keeps its order: the ID1 of the access, the number of the incident.
        payload: JSON, without secrets: sent, and signed, as it is.
    """

    event_id: str
    kind: AnnouncementKind
    lane: str
    at: datetime
    payload: str
