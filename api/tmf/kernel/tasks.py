"""Tasks: operations that are created, done at once, and kept to be read again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from fastapi import APIRouter, Request

from api.bootstrap import Service
from api.deps import PrincipalDep, ServiceDep
from api.tmf.kernel.http import Json, TmfResponse, created, errors, words
from api.tmf.kernel.lists import Page, paged
from api.tmf.kernel.models import Document, written
from api.tmf.kernel.notifying import event
from api.tmf.kernel.query import Query
from api.tmf.kernel.resource import Shelf, reading_routes
from domain.announcement import AnnouncementKind
from domain.errors import NotFoundError
from domain.principal import Principal, Right

Doing = Callable[[Service, Principal, Json], Awaitable[Json]]
"""Does it; returns the task with what came of it."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task of an interface.

    Attributes:
        name: Its name in addresses, ``ackAlarms``.
        model: What it looks like.
        create: What a client creates.
        do: What it does.
        readable: Whether the interface lets it be read again.
    """

    name: str
    label: str
    model: type[Document]
    create: type[Document]
    do: Doing
    readable: bool


def task_routes(router: APIRouter, kind: AnnouncementKind, task: Task) -> None:
    """Add create; list, read and an event where the interface has them."""
    resource = f"{kind.value.removeprefix('tmf')}.{task.name}"
    type_ = task.name[:1].upper() + task.name[1:]

    async def create(body: Document, request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        done = await task.do(service, who, written(body))
        number, now = uuid4().hex, service.clock.now()
        document = {"@type": type_, **done, "id": number}
        document["href"] = f"{router.prefix}/{task.name}/{number}"
        if task.readable:
            told = event(kind, number, now, f"{type_}CreateEvent", task.name, document)
            await service.records.tmf.put(who, resource, number, document, now, told=[told])
        return created(request, document)

    create.__annotations__["body"] = task.create
    router.add_api_route(
        f"/{task.name}",
        create,
        methods=["POST"],
        status_code=201,
        name=f"create {task.name}",
        operation_id=words(task.name),
        summary=task.label,
        response_model=task.model,
        responses=errors(400, 401, 403, 409),
    )
    if task.readable:
        shelf = Shelf(
            task.name, task.label, task.label, task.model, "id+href", lambda service: _Done(service, resource)
        )
        reading_routes(router, shelf)


class _Done:
    """The tasks that an operator had done."""

    def __init__(self, service: Service, resource: str) -> None:
        self._documents = service.records.tmf
        self._resource = resource

    async def page(self, who: Principal, query: Query) -> Page:
        """The newest first."""
        _reader(who)
        kept = await self._documents.all(who, self._resource)
        return await paged(query, [dict(one.body) for one in kept.values()])

    async def get(self, who: Principal, document_id: str) -> Json:
        """One of them."""
        _reader(who)
        kept = await self._documents.get(who, self._resource, document_id[:64])
        if kept is None:
            raise NotFoundError("task", document_id)
        return dict(kept.body)


def _reader(who: Principal) -> None:
    if not who.may(Right.NOC):
        who.require(Right.TEST)
