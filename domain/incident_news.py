"""What an operator is told of a collective incident that touches its accesses: its start and its end, once each."""

from __future__ import annotations

from dataclasses import dataclass

from domain.announcement import Announcement


@dataclass(frozen=True, slots=True)
class IncidentNews:
    """A start or an end that one operator may have to be told; whoever keeps it knows whether it was told already.

    Attributes:
        operator_id: Who is told.
        number: The incident.
        ended: Whether it is the end; an end without a start told before is told to nobody.
    """

    operator_id: str
    number: str
    ended: bool
    announcement: Announcement
