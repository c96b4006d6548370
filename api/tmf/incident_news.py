"""Tells hubs what happens to collective incidents: the network's operator, and each operator that they touch."""

from __future__ import annotations

import structlog

from api.services.incident_feed import Told
from api.services.incident_views import IncidentService, News
from api.tmf.alarm import mapping as alarms
from api.tmf.kernel.notifying import event
from api.tmf.service_problem import mapping as problems
from domain.announcement import Announcement, AnnouncementKind
from domain.incidents import Kind
from domain.principal import Principal, Right
from storage.webhooks import Webhooks

_log = structlog.get_logger(__name__)
_ENDS = frozenset({Kind.CLOSED, Kind.ABSORBED})
_BEGINS = frozenset({Kind.OPENED, Kind.SPLIT})


class IncidentNews:
    """Follows the feed of incidents for ever.

    An event is in the outbox a moment after the incident is kept: a stop in between loses it, and the list of problems
    tells what stands.
    """

    def __init__(self, incidents: IncidentService, webhooks: Webhooks) -> None:
        self._incidents = incidents
        self._webhooks = webhooks

    async def run(self) -> None:
        """Announce each change as it comes."""
        with self._incidents.watch.feed.follow() as queue:
            while True:
                told = await queue.get()
                try:
                    await self.announce(told)
                except Exception as error:  # noqa: BLE001 - the boundary: the next change is told all the same
                    _log.error("incident not told", number=told.incident.number, error=type(error).__name__)

    async def announce(self, told: Told) -> int:
        """Put one change in the outboxes of those who listen and may see it; returns how many operators."""
        listeners = {
            name
            for kind in (AnnouncementKind.TMF656, AnnouncementKind.TMF642)
            for name in await self._webhooks.listeners(kind)
        }
        count = 0
        for operator_id in sorted(listeners):
            who = Principal(operator_id, "hub", frozenset({Right.NOC, Right.TEST}))
            news = await self._incidents.seen(who, told)
            if news is not None:
                await self._webhooks.announce(who, events_of(news))
                count += 1
        return count


def events_of(news: News) -> list[Announcement]:
    """The events of both interfaces about one change."""
    view, change = news.view, news.change
    number = view.incident.number
    problem, alarm = problems.of_view(view, {}), alarms.of_view(view)
    name = problems.event_name(change.kind)
    what = "Create" if change.kind in _BEGINS else "StateChange" if change.kind in _ENDS else "AttributeValueChange"
    return [
        event(AnnouncementKind.TMF656, number, change.at, name, "serviceProblem", problem),
        event(AnnouncementKind.TMF642, number, change.at, f"Alarm{what}Event", "alarm", alarm),
    ]
