"""The operations of a resource, for every interface alike: what is read only, and what is written too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import BaseModel

from api.bootstrap import Service
from api.deps import PrincipalDep, ServiceDep
from api.tmf.kernel.http import Json, TmfResponse, answer, created, errors, words
from api.tmf.kernel.lists import Page, listed
from api.tmf.kernel.models import Document, merged, refuse, validated, written
from api.tmf.kernel.query import COUNTED, Always, Query, fields_of, query_of, shown
from domain.principal import Principal

TmfId = Annotated[str, Path(max_length=128, description="Identifier of the resource")]
Patch = Annotated[dict[str, Any], Body(description="Merge (RFC 7396): null takes an attribute away")]


class Readable(Protocol):
    """What can be read. Each call carries who asks."""

    async def page(self, who: Principal, query: Query) -> Page:
        """One page, and how many there are in all."""
        ...

    async def get(self, who: Principal, document_id: str) -> Json:
        """One document; raises `NotFoundError`."""
        ...


class Resource(Readable, Protocol):
    """What can be read and written."""

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
class Shelf:
    """How documents are shown that are read only.

    Attributes:
        path: Their name in addresses.
        label: What one of them is called in summaries.
        plural: What several of them are called.
        model: What they look like.
        always: What ``fields`` never takes away.
        of: What holds them in a running service.
    """

    path: str
    label: str
    plural: str
    model: type[BaseModel]
    always: Always
    of: Callable[[Service], Readable]


@dataclass(frozen=True, slots=True)
class Face:
    """How a resource is shown, as `Shelf`.

    Attributes:
        create: What a client creates.
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
    reading_routes(router, Shelf(face.path, face.label, face.plural, face.model, face.always, face.of))
    _writing(router, face)


def reading_routes(router: APIRouter, shelf: Shelf) -> None:
    """Add list and read."""

    async def page(request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        query = query_of(request)
        found, total = await shelf.of(service).page(who, query)
        return listed(request, query, found, total, shelf.always)

    async def read(document_id: TmfId, request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        found = await shelf.of(service).get(who, document_id)
        return answer(request, shown(found, fields_of(request.query_params), shelf.always))

    many = list[shelf.model]  # type: ignore[name-defined]  # a class known at run time
    part: dict[str, Any] = {"model": many, "description": "The range asked for by `Range: items=0-9`"}
    router.add_api_route(
        f"/{shelf.path}",
        page,
        methods=["GET"],
        name=f"list {shelf.path}",
        operation_id=f"list_{words(shelf.path)}",
        summary=f"List: {shelf.plural}",
        description="Filters by attribute (`a.b=value`, `.gt`, `.gte`, `.lt`, `.lte`, `.ne`), `fields`, `sort`.",
        response_model=many,
        responses={206: part, **errors(400, 401, 403)},
        openapi_extra={"parameters": [*_PAGING, _FIELDS]},
    )
    router.add_api_route(
        f"/{shelf.path}/{{document_id}}",
        read,
        methods=["GET"],
        name=f"read {shelf.path}",
        operation_id=f"read_{words(shelf.path)}",
        summary=f"Read: {shelf.label}",
        response_model=shelf.model,
        responses=errors(400, 401, 403, 404),
        openapi_extra={"parameters": [_FIELDS]},
    )


def _writing(router: APIRouter, face: Face) -> None:
    """A creation is also taken with a slash at the end, where a kit sends one: a redirection may lose its body."""

    async def create(body: Document, request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        return created(request, await face.of(service).create(who, written(body)))

    async def patch(
        document_id: TmfId, body: Patch, request: Request, who: PrincipalDep, service: ServiceDep
    ) -> TmfResponse:
        resource = face.of(service)
        before = await resource.get(who, document_id)
        own = {name: before[name] for name in ("id", "href")}
        _refuse_identity(own, body)
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
    router.add_api_route(f"/{face.path}/", create, methods=["POST"], status_code=201, include_in_schema=False)
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


def _refuse_identity(own: Json, body: Mapping[str, Any]) -> None:
    """Raise `InvalidValueError` where a patch gives a document another identifier, or another address."""
    number = str(own["id"])
    if "id" in body and str(body["id"]) != number:
        refuse({"id"}, body)
    if "href" in body and not str(body["href"]).endswith(f"/{number}"):
        refuse({"href"}, body)


def _parameter(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0, "maximum": COUNTED}
_FIELDS = _parameter("fields", _TEXT, "Attributes wanted, separated by commas")
_PAGING = (
    _parameter("offset", _COUNT, "Rank of the first one"),
    _parameter("limit", _COUNT, "How many at most (100 by default, 1000 at most)"),
    _parameter("sort", _TEXT, "Attributes to sort by, separated by commas; `-` before one for the reverse"),
)
