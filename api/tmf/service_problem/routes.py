"""Routes of TMF656."""

from __future__ import annotations

from api.bootstrap import Service
from api.tmf.kernel.http import Json
from api.tmf.kernel.hub import hub_routes
from api.tmf.kernel.resource import Face, reading_routes, resource_routes
from api.tmf.kernel.routing import face_router
from api.tmf.kernel.tasks import Task, task_routes
from api.tmf.service_problem.mapping import ROOT
from api.tmf.service_problem.models import (
    AcknowledgementCreate,
    GroupingCreate,
    ProblemAcknowledgement,
    ProblemGrouping,
    ServiceProblem,
    ServiceProblemCreate,
)
from api.tmf.service_problem.records import RECORDS
from api.tmf.service_problem.service import ServiceProblems
from domain.announcement import AnnouncementKind
from domain.principal import Principal

router = face_router(ROOT, "TMF656 Service Problem")


async def _acknowledge(service: Service, who: Principal, body: Json) -> Json:
    return await ServiceProblems(service).acknowledge(who, body, acknowledged=True)


async def _unacknowledge(service: Service, who: Principal, body: Json) -> Json:
    return await ServiceProblems(service).acknowledge(who, body, acknowledged=False)


async def _group(service: Service, who: Principal, body: Json) -> Json:
    return await ServiceProblems(service).group(who, body, together=True)


async def _ungroup(service: Service, who: Principal, body: Json) -> Json:
    return await ServiceProblems(service).group(who, body, together=False)


TASKS = (
    Task(
        "problemAcknowledgement",
        "Take note of incidents",
        ProblemAcknowledgement,
        AcknowledgementCreate,
        _acknowledge,
        readable=False,
    ),
    Task(
        "problemUnacknowledgement",
        "Take the note back",
        ProblemAcknowledgement,
        AcknowledgementCreate,
        _unacknowledge,
        readable=False,
    ),
    Task("problemGroup", "Group incidents", ProblemGrouping, GroupingCreate, _group, readable=False),
    Task("problemUngroup", "Ungroup incidents", ProblemGrouping, GroupingCreate, _ungroup, readable=False),
)

resource_routes(
    router,
    Face(
        "serviceProblem",
        "collective incident",
        "collective incidents",
        ServiceProblem,
        ServiceProblemCreate,
        "id+href",
        ServiceProblems,
    ),
)
reading_routes(router, RECORDS)
for _task in TASKS:
    task_routes(router, AnnouncementKind.TMF656, _task)
hub_routes(router, AnnouncementKind.TMF656)
