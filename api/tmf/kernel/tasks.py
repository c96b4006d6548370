"""Tasks: operations that are created, done at once, and kept to be read again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from fastapi import APIRouter, Request

from api.bootstrap import Service
from api.deps import PrincipalDep, ServiceDep
from api.tmf.kernel.http import Json, TmfResponse, answer, errors, words
from api.tmf.kernel.models import Document, written
from api.tmf.kernel.query import fields_of, query_of, shown
from api.tmf.kernel.resource import TmfId
from domain.errors import NotFoundError
from domain.principal import Principal, Right

Doing = Callable[[Service, Principal, Json], Awaitable[Json]]
"""Does it; returns the task with what came of it."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task of an interface.

    Attributes:
        name: Its name in addresses, ``ackAlarms``.
        create: What a client creates.
        do: What it does.
        readable: Whether the interface lets it be read again.
    """

    name: str
    label: str
    create: type[Document]
    do: Doing
    readable: bool


def task_routes(router: APIRouter, interface: str, task: Task) -> None:
    """Add create; list and read where the interface has them."""
    resource = f"{interface}.{task.name}"

    async def create(body: Document, request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        done = await task.do(service, who, written(body))
        number = uuid4().hex
        document = {"@type": task.name[:1].upper() + task.name[1:], **done, "id": number}
        document["href"] = f"{router.prefix}/{task.name}/{number}"
        if task.readable:
            await service.records.tmf.put(who, resource, number, document, service.clock.now())
        return answer(request, document, 201)

    create.__annotations__["body"] = task.create
    router.add_api_route(
        f"/{task.name}",
        create,
        methods=["POST"],
        status_code=201,
        name=f"create {task.name}",
        operation_id=words(task.name),
        summary=task.label,
        response_model=task.create,
        responses=errors(400, 401, 403, 409),
    )
    if task.readable:
        _reading(router, task, resource)


def _reader(who: Principal) -> None:
    if not who.may(Right.NOC):
        who.require(Right.TEST)


def _reading(router: APIRouter, task: Task, resource: str) -> None:
    async def listed(request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        _reader(who)
        query = query_of(request.query_params)
        found = query.select(dict(one.body) for one in (await service.records.tmf.all(who, resource)).values())
        page = query.page(found)
        headers = {"X-Total-Count": str(len(found)), "X-Result-Count": str(len(page))}
        return answer(request, [shown(one, query.fields, "id+href") for one in page], headers=headers)

    async def read(document_id: TmfId, request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        _reader(who)
        kept = await service.records.tmf.get(who, resource, document_id[:64])
        if kept is None:
            raise NotFoundError("task", document_id)
        return answer(request, shown(dict(kept.body), fields_of(request.query_params), "id+href"))

    router.add_api_route(
        f"/{task.name}",
        listed,
        methods=["GET"],
        name=f"list {task.name}",
        operation_id=f"list_{words(task.name)}",
        summary=f"Requests: {task.label}",
        response_model=list[task.create],  # type: ignore[name-defined]  # a class known at run time
        responses=errors(400, 401, 403),
    )
    router.add_api_route(
        f"/{task.name}/{{document_id}}",
        read,
        methods=["GET"],
        name=f"read {task.name}",
        operation_id=f"read_{words(task.name)}",
        summary=f"Request: {task.label}",
        response_model=task.create,
        responses=errors(400, 401, 403, 404),
    )
