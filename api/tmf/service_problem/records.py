"""``serviceProblemEventRecord``: what happened to the incidents that a reader may see."""

from __future__ import annotations

from api.bootstrap import Service
from api.tmf.kernel.http import Json
from api.tmf.kernel.lists import Page, paged
from api.tmf.kernel.query import Query
from api.tmf.kernel.resource import Shelf
from api.tmf.service_problem.mapping import ROOT, event_name
from api.tmf.service_problem.models import ProblemEvent
from domain.errors import NotFoundError
from domain.incidents import Kind
from domain.principal import Principal
from storage.diagnosis_record import HISTORY

_MOST = 200  # C: incidents whose history a list looks through; a filter on serviceProblem.id looks at one


class EventRecords:
    """The records that a reader may see."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def page(self, who: Principal, query: Query) -> Page:
        """What happened to the incidents, the last opened first."""
        return await paged(query, await _records(self._service, who, query))

    async def get(self, who: Principal, document_id: str) -> Json:
        """One of them."""
        number, _, _ = document_id.rpartition(".")
        for one in await _of(self._service, who, number):
            if one["id"] == document_id:
                return one
        raise NotFoundError("event", document_id)


RECORDS = Shelf(
    "serviceProblemEventRecord", "event of an incident", "events of incidents", ProblemEvent, "id+href", EventRecords
)


async def _records(service: Service, who: Principal, query: Query) -> list[Json]:
    for one in query.filters:
        if one.path == ("serviceProblem", "id") and one.comparison == "eq":
            try:
                return [record for number in one.values for record in await _of(service, who, number)]
            except NotFoundError:
                return []
    since = service.clock.now() - HISTORY
    views = await service.incidents.list(who, is_open=None, olt=None, since=since, limit=_MOST)
    return [record for view in views for record in await _of(service, who, view.incident.number)]


async def _of(service: Service, who: Principal, number: str) -> list[Json]:
    """The history of an incident; who does not own the network reads its beginning and its end."""
    view, history = await service.incidents.get(who, number)
    one = view.incident
    told = [(change.kind, change.at) for change in history]
    if not history:
        told = [(Kind.OPENED, one.opened_at), *([(Kind.CLOSED, one.closed_at)] if one.closed_at else [])]
    return [
        {
            "id": f"{number}.{rank}",
            "href": f"{ROOT}/serviceProblemEventRecord/{number}.{rank}",
            "eventType": event_name(kind),
            "eventTime": at.isoformat(),
            "recordTime": at.isoformat(),
            "notification": kind.value,
            "serviceProblem": {"id": number, "href": f"{ROOT}/serviceProblem/{number}"},
            "@type": "ServiceProblemEventRecord",
        }
        for rank, (kind, at) in enumerate(told, 1)
    ]
