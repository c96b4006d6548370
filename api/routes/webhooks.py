"""Webhooks: where the operator's systems are told, and what became of each event."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import Depends, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from api.deps import PrincipalDep, ServiceDep, not_kept
from api.routing import Router
from api.schemas.problems import problems
from api.services.webhooks import ADDRESS_FORM
from domain.announcement import AnnouncementKind
from domain.errors import InvalidValueError
from storage.webhooks import Delivery, Webhook

router = Router(
    prefix="/api/v1/webhooks",
    tags=["Webhooks"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 422),
)

WebhookId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
DeliveryId = Annotated[int, Path(ge=1, le=2**31 - 1)]


def _no_hub(kind: AnnouncementKind) -> AnnouncementKind:
    if kind.hub:
        raise InvalidValueError("kinds", kind.value, "a kind of event that is not for hubs")
    return kind


Told = Annotated[
    AnnouncementKind,
    AfterValidator(_no_hub),
    WithJsonSchema({"type": "string", "enum": [kind.value for kind in AnnouncementKind if not kind.hub]}),
]
Address = Annotated[
    str,
    Field(min_length=1, max_length=1024, pattern=r"^[\x21-\x7e]+$", json_schema_extra={"pattern": ADDRESS_FORM}),
]


class WebhookIn(BaseModel):
    """Where to be told, and of what; ``kinds`` null: of everything."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://si.operateur.example/sav", "kinds": ["diagnosis.state"]}]},
    )

    url: Address
    kinds: Annotated[list[Told], Field(min_length=1, max_length=20)] | None = None


class WebhookOut(BaseModel):
    """A webhook, without its secret."""

    webhook_id: str
    url: str
    key_id: str
    kinds: list[AnnouncementKind] | None
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """The webhook."""
        return cls(**_fields(webhook))


class NewWebhookOut(WebhookOut):
    """A webhook with its secret, shown once: base64 of the HMAC-SHA256 key."""

    secret: str

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """The webhook with its secret."""
        return cls(**_fields(webhook), secret=webhook.secret.reveal())


def _fields(webhook: Webhook) -> dict[str, object]:
    return {
        "webhook_id": webhook.webhook_id,
        "url": webhook.url,
        "key_id": webhook.key_id,
        "kinds": None if webhook.kinds is None else sorted(webhook.kinds),
        "created_at": webhook.created_at,
        "disabled_at": webhook.disabled_at,
    }


class DeliveryOut(BaseModel):
    """One event for one webhook; ``dead`` is a dead letter."""

    model_config = ConfigDict(from_attributes=True)

    delivery_id: int
    event_id: str
    kind: AnnouncementKind
    lane: str
    at: datetime
    state: Literal["pending", "delivered", "dead"]
    attempts: int
    next_at: datetime
    give_up_at: datetime
    tried_at: datetime | None
    delivered_at: datetime | None
    status: int | None
    error: str | None
    payload: str

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """The delivery."""
        return cls.model_validate(delivery, from_attributes=True)


class ReplayedOut(BaseModel):
    """How many deliveries are to be tried again."""

    replayed: int


@router.post("", status_code=201, operation_id="create_webhook", summary="Declare a webhook", responses=problems(409))
async def add(body: WebhookIn, who: PrincipalDep, service: ServiceDep) -> NewWebhookOut:
    """Tell that address of what happens from now on. Its secret is shown once."""
    kinds = None if body.kinds is None else frozenset(body.kinds)
    return NewWebhookOut.of(await service.webhooks.add(who, body.url, kinds))


@router.get("", operation_id="list_webhooks", summary="List one's webhooks")
async def listed(who: PrincipalDep, service: ServiceDep) -> list[WebhookOut]:
    """The webhooks of the operator."""
    return [WebhookOut.of(one) for one in await service.webhooks.list(who)]


@router.post(
    "/{webhook_id}/secret",
    operation_id="rotate_webhook_secret",
    summary="Change the secret",
    responses=problems(409),
)
async def rotate(webhook_id: WebhookId, who: PrincipalDep, service: ServiceDep) -> NewWebhookOut:
    """Another secret, under another key identifier."""
    return NewWebhookOut.of(await service.webhooks.rotate(who, webhook_id))


@router.delete("/{webhook_id}", status_code=204, operation_id="disable_webhook", summary="Disable a webhook")
async def disable(webhook_id: WebhookId, who: PrincipalDep, service: ServiceDep) -> None:
    """Send nothing more there."""
    await service.webhooks.disable(who, webhook_id)


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    operation_id="test_webhook",
    summary="Send a test event",
    responses=problems(409),
)
async def test(webhook_id: WebhookId, who: PrincipalDep, service: ServiceDep) -> None:
    """Send a test event."""
    await service.webhooks.test(who, webhook_id)


@router.get("/{webhook_id}/deliveries", operation_id="list_webhook_deliveries", summary="Deliveries, and dead letters")
async def deliveries(
    webhook_id: WebhookId,
    who: PrincipalDep,
    service: ServiceDep,
    state: Literal["pending", "delivered", "dead"] | None = None,
    before: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Number of the delivery behind which to go on")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[DeliveryOut]:
    """What was, is and could not be delivered, newest first."""
    return [DeliveryOut.of(one) for one in await service.webhooks.deliveries(who, webhook_id, state, before, limit)]


@router.post(
    "/{webhook_id}/deliveries/replay",
    status_code=202,
    operation_id="replay_dead_letters",
    summary="Send the dead letters again",
)
async def replay_dead(webhook_id: WebhookId, who: PrincipalDep, service: ServiceDep) -> ReplayedOut:
    """Deliver every dead letter again, in order."""
    return ReplayedOut(replayed=await service.webhooks.replay(who, webhook_id, None))


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    status_code=202,
    operation_id="replay_delivery",
    summary="Send an event again",
)
async def replay_one(
    webhook_id: WebhookId, delivery_id: DeliveryId, who: PrincipalDep, service: ServiceDep
) -> ReplayedOut:
    """Deliver one event again, whatever became of it."""
    return ReplayedOut(replayed=await service.webhooks.replay(who, webhook_id, delivery_id))
