"""What hubs are told of collective incidents: the network's operator of the whole, each other of its own accesses."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from api.services.incident_views import View
from api.tmf.alarm import mapping as alarms
from api.tmf.kernel.notifying import event
from api.tmf.service_problem import mapping as problems
from domain.announcement import Announcement, AnnouncementKind
from domain.incident_news import Moment
from domain.incidents import Kind

HUBS = (AnnouncementKind.TMF656, AnnouncementKind.TMF642)


def hub_events(view: View, moment: Moment, kinds: Collection[Kind], at: datetime) -> list[Announcement]:
    """The event of each interface about an incident as one operator sees it, and what has just happened to it."""
    number = view.incident.number
    moves = moment is Moment.END or any(problems.moves(kind) for kind in kinds)
    what = "Create" if moment is Moment.START else "StateChange" if moves else "AttributeValueChange"
    problem, alarm = problems.of_view(view, {}), alarms.of_view(view)
    return [
        event(AnnouncementKind.TMF656, number, at, f"ServiceProblem{what}Event", "serviceProblem", problem),
        event(AnnouncementKind.TMF642, number, at, f"Alarm{what}Event", "alarm", alarm),
    ]
