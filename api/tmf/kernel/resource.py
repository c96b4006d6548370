"""The five operations of a resource, for every interface alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Body, Path, Request, Response

from api.bootstrap import Service
from api.deps import PrincipalDep, ServiceDep
from api.tmf.kernel.http import Json, TmfResponse, answer, errors, words
from api.tmf.kernel.models import Document, merged, validated, written
from api.tmf.kernel.query import Always, Query, fields_of, query_of, shown
from domain.principal import Principal

TmfId = Annotated[str, Path(max_length=128, description="Identifier of the resource")]
Patch = Annotated[dict[str, Any], Body(description="Merge (RFC 7396): null takes an attribute away")]


class Resource(Protocol):
    """What a resource can do. Each call carries who asks."""

    async def page(self, who: Principal, query: Query) -> tuple[list[Json], int]:
        """One page, and how many there are in all."""
        ...

    async def get(self, who: Principal, document_id: str) -> Json:
        """One document; raises `NotFoundError`."""
        ...

    async def create(self, who: Principal, body: Json) -> Json:
        """A new document."""
        ...

    async def patch(self, who: Principal, before: Json, after: Json) -> Json:
        """Change a document; raises `InvalidValueError` for what may not change."""
        ...

    async def delete(self, who: Principal, document_id: str) -> None:
        """Delete a document."""
        ...


@dataclass(frozen=True, slots=True)
class Face:
    """How a resource is shown.

    Attributes:
        path: Its name in addresses.
        label: What it is called in summaries, and so several of them.
        model: Its documents.
        create: What a client creates.
        always: What ``fields`` never takes away.
        of: The resource of a running service.
    """

    path: str
    label: str
    plural: str
    model: type[Document]
    create: type[Document]
    always: Always
    of: Callable[[Service], Resource]


def resource_routes(router: APIRouter, face: Face) -> None:
    """Add list, create, read, change and delete."""
    _reading(router, face)
    _writing(router, face)


def _reading(router: APIRouter, face: Face) -> None:
    async def listed(request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        query = query_of(request.query_params)
        page, total = await face.of(service).page(who, query)
        headers = {"X-Total-Count": str(total), "X-Result-Count": str(len(page))}
        return answer(request, [shown(one, query.fields, face.always) for one in page], headers=headers)

    async def read(document_id: TmfId, request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        found = await face.of(service).get(who, document_id)
        return answer(request, shown(found, fields_of(request.query_params), face.always))

    router.add_api_route(
        f"/{face.path}",
        listed,
        methods=["GET"],
        name=f"list {face.path}",
        operation_id=f"list_{words(face.path)}",
        summary=f"List: {face.plural}",
        description="Filters by attribute (`a.b=value`, `.gt`, `.gte`, `.lt`, `.lte`, `.ne`), `fields`, `sort`.",
        response_model=list[face.model],  # type: ignore[name-defined]  # a class known at run time
        responses=errors(400, 401, 403),
        openapi_extra={"parameters": [*_PAGING, _FIELDS]},
    )
    router.add_api_route(
        f"/{face.path}/{{document_id}}",
        read,
        methods=["GET"],
        name=f"read {face.path}",
        operation_id=f"read_{words(face.path)}",
        summary=f"Read: {face.label}",
        response_model=face.model,
        responses=errors(400, 401, 403, 404),
        openapi_extra={"parameters": [_FIELDS]},
    )


def _writing(router: APIRouter, face: Face) -> None:
    async def create(body: Document, request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        made = await face.of(service).create(who, written(body))
        return answer(request, made, 201, {"Location": str(made["href"])})

    async def patch(
        document_id: TmfId, body: Patch, request: Request, who: PrincipalDep, service: ServiceDep
    ) -> TmfResponse:
        resource = face.of(service)
        before = await resource.get(who, document_id)
        own = {name: before[name] for name in ("id", "href")}
        rest = {name: value for name, value in before.items() if name not in own}
        changes = {name: value for name, value in body.items() if name not in own}
        after = {**own, **written(validated(face.model, merged(rest, changes)))}
        before = {**own, **written(validated(face.model, rest))}  # both in the same writing: instants above all
        return answer(request, await resource.patch(who, before, after))

    async def delete(document_id: TmfId, who: PrincipalDep, service: ServiceDep) -> Response:
        await face.of(service).delete(who, document_id)
        return Response(status_code=204)

    create.__annotations__["body"] = face.create
    router.add_api_route(
        f"/{face.path}",
        create,
        methods=["POST"],
        status_code=201,
        name=f"create {face.path}",
        operation_id=f"create_{words(face.path)}",
        summary=f"Create: {face.label}",
        response_model=face.model,
        responses=errors(400, 401, 403, 405, 409, 429),
    )
    router.add_api_route(
        f"/{face.path}/{{document_id}}",
        patch,
        methods=["PATCH"],
        name=f"patch {face.path}",
        operation_id=f"change_{words(face.path)}",
        summary=f"Change: {face.label}",
        response_model=face.model,
        responses=errors(400, 401, 403, 404, 409),
    )
    router.add_api_route(
        f"/{face.path}/{{document_id}}",
        delete,
        methods=["DELETE"],
        status_code=204,
        name=f"delete {face.path}",
        operation_id=f"delete_{words(face.path)}",
        summary=f"Delete: {face.label}",
        responses=errors(400, 401, 403, 404, 405, 409),
    )


def _parameter(name: str, kind: str, description: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": {"type": kind}, "description": description}


_FIELDS = _parameter("fields", "string", "Attributes wanted, separated by commas")
_PAGING = (
    _parameter("offset", "integer", "Rank of the first one"),
    _parameter("limit", "integer", "How many at most (100 by default, 1000 at most)"),
)
