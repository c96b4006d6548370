"""Webhooks of the operator: where its systems are told, what became of each event, and dead letters sent again."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form, Path, Query, Response
from starlette.responses import RedirectResponse

from api.problems import describe
from api.routing import Router
from api.web.asked import AdministratorDep, Asked
from api.web.errors import BilingualRoute, by_htmx
from domain.announcement import AnnouncementKind
from domain.errors import InvalidValueError, NotFoundError
from storage.webhooks import Webhook

router = Router(route_class=BilingualRoute, include_in_schema=False)

_PER_PAGE = 50
KINDS = {
    AnnouncementKind.DIAGNOSIS: "State of a diagnosis",
    AnnouncementKind.TICKET: "State of a signalisation",
    AnnouncementKind.GTR_COUNTDOWN: "Deadline of a signalisation near",
    AnnouncementKind.GTR_BREACHED: "Deadline of a signalisation missed",
    AnnouncementKind.INCIDENT_START: "Start of a collective incident",
    AnnouncementKind.INCIDENT_END: "End of a collective incident",
    AnnouncementKind.TEST: "Test event",
    AnnouncementKind.TMF653: "TM Forum: service tests",
    AnnouncementKind.TMF621: "TM Forum: trouble tickets",
    AnnouncementKind.TMF656: "TM Forum: service problems",
    AnnouncementKind.TMF642: "TM Forum: alarms",
}
"""What the page calls the kinds of events: ids of the catalogue."""

WebhookId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
DeliveryId = Annotated[int, Path(ge=1, le=2**31 - 1)]
State = Literal["", "pending", "delivered", "dead"]


@router.get("/webhooks")
async def webhooks(asked: AdministratorDep) -> Response:
    """The webhooks and hubs of the operator."""
    return await _webhooks(asked)


@router.post("/webhooks")
async def add(
    asked: AdministratorDep,
    url: Annotated[str, Form(max_length=1024)] = "",
    genres: Annotated[list[AnnouncementKind] | None, Form(max_length=len(KINDS))] = None,
) -> Response:
    """Tell that address from now on; its secret is shown once."""
    kinds = frozenset(kind for kind in genres or () if not kind.hub)
    try:
        made = await asked.service.webhooks.add(asked.who, _printable(url), kinds or None)
    except InvalidValueError as error:
        status, sentence, _ = describe(error, asked.language)
        return await _webhooks(asked, typed=(url, kinds), fault=sentence, status=status)
    return await _webhooks(asked, shown=made, status=201)


@router.post("/webhooks/{webhook_id}/secret")
async def rotate(webhook_id: WebhookId, asked: AdministratorDep) -> Response:
    """Another secret, shown once."""
    return await _webhooks(asked, shown=await asked.service.webhooks.rotate(asked.who, webhook_id))


@router.post("/webhooks/{webhook_id}/desactivation")
async def disable(webhook_id: WebhookId, asked: AdministratorDep) -> Response:
    """Send nothing more there."""
    await asked.service.webhooks.disable(asked.who, webhook_id)
    return RedirectResponse("/webhooks", 303)


@router.post("/webhooks/{webhook_id}/essai")
async def test(webhook_id: WebhookId, asked: AdministratorDep) -> Response:
    """Send a test event, and see what becomes of it."""
    await asked.service.webhooks.test(asked.who, webhook_id)
    return RedirectResponse(f"/webhooks/{webhook_id}", 303)


@router.get("/webhooks/{webhook_id}")
async def deliveries(
    webhook_id: WebhookId,
    asked: AdministratorDep,
    etat: State = "",
    avant: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """What was, is and could not be delivered there, newest first."""
    hook = await _one(asked, webhook_id)
    found = await asked.service.webhooks.deliveries(asked.who, webhook_id, etat or None, avant, _PER_PAGE + 1)
    counts = await asked.service.records.webhooks.undelivered(asked.who)
    return asked.page(
        "_envois.html" if by_htmx(asked.request) else "webhook.html",
        webhook=hook,
        genres=KINDS,
        envois=found[:_PER_PAGE],
        suivant=found[_PER_PAGE - 1].delivery_id if len(found) > _PER_PAGE else None,
        etat=etat,
        restes=counts.get(webhook_id, {}),
    )


@router.post("/webhooks/{webhook_id}/renvoi")
async def replay_dead(webhook_id: WebhookId, asked: AdministratorDep) -> Response:
    """Deliver every dead letter again, in order."""
    await asked.service.webhooks.replay(asked.who, webhook_id, None)
    return RedirectResponse(f"/webhooks/{webhook_id}?etat=pending", 303)


@router.post("/webhooks/{webhook_id}/envois/{delivery_id}/renvoi")
async def replay_one(
    webhook_id: WebhookId,
    delivery_id: DeliveryId,
    asked: AdministratorDep,
) -> Response:
    """Deliver one event again; htmx takes its new line."""
    await asked.service.webhooks.replay(asked.who, webhook_id, delivery_id)
    if not by_htmx(asked.request):
        return RedirectResponse(f"/webhooks/{webhook_id}", 303)
    (line,) = await asked.service.webhooks.deliveries(asked.who, webhook_id, None, delivery_id + 1, 1)
    hook = await _one(asked, webhook_id)
    return asked.page("_envoi.html", webhook=hook, genres=KINDS, envoi=line)


async def _one(asked: Asked, webhook_id: str) -> Webhook:
    for hook in await asked.service.webhooks.list(asked.who):
        if hook.webhook_id == webhook_id:
            return hook
    raise NotFoundError("webhook", webhook_id)


def _printable(url: str) -> str:
    text = url.strip()
    if not text or not all("!" <= char <= "~" for char in text):
        raise InvalidValueError("url", text, "an HTTPS address")
    return text


async def _webhooks(
    asked: Asked,
    *,
    shown: Webhook | None = None,
    typed: tuple[str, frozenset[AnnouncementKind]] = ("", frozenset()),
    fault: str | None = None,
    status: int = 200,
) -> Response:
    return asked.page(
        "webhooks.html",
        status,
        webhooks=await asked.service.webhooks.list(asked.who),
        restes=await asked.service.records.webhooks.undelivered(asked.who),
        genres=KINDS,
        proposes=[kind for kind in KINDS if not kind.hub and kind is not AnnouncementKind.TEST],
        montre=shown,
        saisie=typed,
        faute=fault,
    )
