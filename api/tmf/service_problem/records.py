"""``serviceProblemEventRecord``: what happened to the incidents that a reader may see."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.bootstrap import Service
from api.deps import PrincipalDep, ServiceDep
from api.tmf.kernel.http import Json, TmfResponse, answer, errors
from api.tmf.kernel.query import Query, fields_of, query_of, shown
from api.tmf.kernel.resource import TmfId
from api.tmf.service_problem.mapping import ROOT, event_name
from api.tmf.service_problem.models import ProblemEvent
from domain.errors import NotFoundError
from domain.incidents import Kind
from domain.principal import Principal
from storage.diagnosis_record import HISTORY

_MOST = 200  # C: incidents whose history a list looks through; a filter on serviceProblem.id looks at one


def record_routes(router: APIRouter) -> None:
    """Add list and read."""

    @router.get(
        "/serviceProblemEventRecord",
        operation_id="list_service_problem_event_record",
        response_model=list[ProblemEvent],
        summary="List: events of incidents",
        responses=errors(400, 401, 403),
    )
    async def listed(request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        """What happened to the incidents, the last opened first."""
        query = query_of(request.query_params)
        found = query.select(await _records(service, who, query))
        page = query.page(found)
        headers = {"X-Total-Count": str(len(found)), "X-Result-Count": str(len(page))}
        return answer(request, [shown(one, query.fields, "id+href") for one in page], headers=headers)

    @router.get(
        "/serviceProblemEventRecord/{document_id}",
        operation_id="read_service_problem_event_record",
        response_model=ProblemEvent,
        summary="Read: event of an incident",
        responses=errors(400, 401, 403, 404),
    )
    async def read(document_id: TmfId, request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        """One of them."""
        number, _, _ = document_id.rpartition(".")
        for one in await _of(service, who, number):
            if one["id"] == document_id:
                return answer(request, shown(one, fields_of(request.query_params), "id+href"))
        raise NotFoundError("event", document_id)


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
