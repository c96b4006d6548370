"""Hubs: where clients want to be told. A hub is a webhook that takes the events of one interface only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import PrincipalDep, ServiceDep
from api.services.webhooks import ADDRESS_FORM
from api.tmf.kernel.http import Json, TmfResponse, created, errors, words
from domain.announcement import AnnouncementKind
from domain.errors import ConflictError, NotFoundError
from storage.webhooks import Webhook


class HubIn(BaseModel):
    """A subscription."""

    model_config = ConfigDict(
        extra="ignore", json_schema_extra={"examples": [{"callback": "https://si.operateur.example/tmf"}]}
    )

    callback: Annotated[
        str,
        Field(min_length=1, max_length=1024, pattern=r"^[\x21-\x7e]+$", json_schema_extra={"pattern": ADDRESS_FORM}),
    ]
    query: Annotated[str, Field(max_length=500)] | None = None


class HubOut(BaseModel):
    """A subscription with its identifier."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "0f8fad5bd9cb469fa16570867728950e", "callback": "https://si.operateur.example/tmf"}]
        }
    )

    id: str
    callback: str
    query: str | None = None


def hub_routes(router: APIRouter, kind: AnnouncementKind) -> None:
    """Add the hub of an interface. It takes the right « administrateur »: it sends all that the operator owns."""
    interface = words(router.prefix.split("/")[2])

    @router.post(
        "/hub",
        operation_id=f"subscribe_to_{interface}",
        status_code=201,
        response_model=HubOut,
        summary="Subscribe",
        responses=errors(400, 401, 403, 409),
    )
    async def subscribe(body: HubIn, request: Request, who: PrincipalDep, service: ServiceDep) -> TmfResponse:
        """Have every event of this interface posted to ``{callback}/listener/…``."""
        for one in await service.webhooks.list(who):
            same = (one.kinds, one.url, one.query) == (frozenset({kind}), body.callback, body.query or None)
            if same and one.disabled_at is None:
                raise ConflictError("hub", body.callback, "it exists already")
        hub = await service.webhooks.add(who, body.callback, frozenset({kind}), body.query or None)
        return created(request, _shown(hub))

    @router.delete(
        "/hub/{hub_id}",
        operation_id=f"unsubscribe_from_{interface}",
        status_code=204,
        summary="Unsubscribe",
        responses=errors(400, 401, 403, 404),
    )
    async def unsubscribe(
        hub_id: Annotated[str, Path(max_length=64)], who: PrincipalDep, service: ServiceDep
    ) -> Response:
        """Send nothing more there."""
        for one in await service.webhooks.list(who):
            if one.webhook_id == hub_id and one.kinds == frozenset({kind}) and one.disabled_at is None:
                await service.webhooks.disable(who, hub_id)
                return Response(status_code=204)
        raise NotFoundError("hub", hub_id)


def _shown(hub: Webhook) -> Json:
    found = {"id": hub.webhook_id, "callback": hub.url}
    return found if hub.query is None else {**found, "query": hub.query}
