"""Webhooks and their outbox: what is announced is written with what it tells of, in the same transaction."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from domain.announcement import Announcement, AnnouncementKind
from domain.errors import NotFoundError
from domain.principal import Principal
from domain.secret import Secret
from storage.announcing import GIVE_UP_AFTER, PENDING, announce_in
from storage.database import Database
from storage.scope import change_mine, mine
from storage.tables import WebhookDeliveryRow, WebhookRow
from storage.uncut import uncut

DELIVERED, DEAD = "delivered", "dead"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address of an operator.

    Attributes:
        secret: Base64 key that signs what is sent there; shown once.
        key_id: Names the key, so that a receiver may hold two while it changes them.
        kinds: What is wanted; ``None``: everything that is not for hubs.
        query: Of a hub: which of them, as an attribute filter.
    """

    operator_id: str
    webhook_id: str
    url: str
    secret: Secret
    key_id: str
    kinds: frozenset[AnnouncementKind] | None
    created_at: datetime
    disabled_at: datetime | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook.

    Attributes:
        state: ``pending``, ``delivered`` or ``dead``.
        status: HTTP status of the last answer.
        error: Why the last attempt failed, a stable word.
    """

    delivery_id: int
    operator_id: str
    webhook_id: str
    event_id: str
    kind: AnnouncementKind
    lane: str
    at: datetime
    payload: str = field(repr=False)
    state: str
    attempts: int
    next_at: datetime
    give_up_at: datetime
    tried_at: datetime | None
    delivered_at: datetime | None
    status: int | None
    error: str | None


class Webhooks:
    """Keeps webhooks and deliveries, each operator's apart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def add(self, who: Principal, webhook: Webhook) -> None:
        """Keep a new webhook; it is told of what happens from now on."""
        async with self._database.write() as session:
            session.add(
                WebhookRow(
                    operator_id=who.operator_id,
                    webhook_id=webhook.webhook_id,
                    url=webhook.url,
                    secret=webhook.secret.reveal(),
                    key_id=webhook.key_id,
                    kinds=_kinds_text(webhook.kinds),
                    created_at=webhook.created_at,
                    query=webhook.query,
                )
            )

    @uncut
    async def get(self, who: Principal, webhook_id: str) -> Webhook:
        """One webhook; raises `NotFoundError`."""
        async with self._database.read() as session:
            row = await session.scalar(mine(WebhookRow, who).where(WebhookRow.webhook_id == webhook_id))
        if row is None:
            raise NotFoundError("webhook", webhook_id)
        return _webhook(row)

    @uncut
    async def list(self, who: Principal) -> builtins.list[Webhook]:
        """The webhooks of the operator, oldest first."""
        query = mine(WebhookRow, who).order_by(WebhookRow.created_at, WebhookRow.webhook_id)
        async with self._database.read() as session:
            return [_webhook(row) for row in await session.scalars(query)]

    @uncut
    async def listeners(self, *kinds: AnnouncementKind) -> frozenset[str]:
        """The operators that asked for one of these kinds by its name: for who announces what others own."""
        named = or_(*(WebhookRow.kinds.contains(f",{kind.value},") for kind in kinds))
        query = select(WebhookRow.operator_id).where(WebhookRow.disabled_at.is_(None), named).distinct()
        async with self._database.read() as session:
            return frozenset(await session.scalars(query))

    @uncut
    async def change(self, who: Principal, webhook_id: str, values: Mapping[str, object]) -> None:
        """Change ``secret``, ``key_id`` or ``disabled_at``; raises `NotFoundError`."""
        change = (
            change_mine(WebhookRow, who)
            .where(WebhookRow.webhook_id == webhook_id)
            .values(values)
            .returning(WebhookRow.webhook_id)
        )
        async with self._database.write() as session:
            if await session.scalar(change) is None:
                raise NotFoundError("webhook", webhook_id)

    @uncut
    async def announce(self, who: Principal, told: Sequence[Announcement], only: str | None = None) -> None:
        """Put events in the outbox in a transaction of their own; ``only``: of that webhook, whatever it asked for."""
        async with self._database.write() as session:
            await announce_in(session, who.operator_id, told, only)

    @uncut
    async def deliveries(
        self, who: Principal, webhook_id: str, state: str | None, before: int | None, limit: int
    ) -> builtins.list[Delivery]:
        """The deliveries of a webhook, newest first; raises `NotFoundError`."""
        await self.get(who, webhook_id)
        query = mine(WebhookDeliveryRow, who).where(WebhookDeliveryRow.webhook_id == webhook_id)
        if state is not None:
            query = query.where(WebhookDeliveryRow.state == state)
        if before is not None:
            query = query.where(WebhookDeliveryRow.delivery_id < before)
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(WebhookDeliveryRow.delivery_id.desc()).limit(limit))
            return [_delivery(row) for row in rows]

    @uncut
    async def undelivered(self, who: Principal) -> dict[str, dict[str, int]]:
        """How many deliveries of each webhook are pending and dead, by webhook and state."""
        query = (
            select(WebhookDeliveryRow.webhook_id, WebhookDeliveryRow.state, func.count())
            .where(WebhookDeliveryRow.operator_id == who.operator_id, WebhookDeliveryRow.state.in_([PENDING, DEAD]))
            .group_by(WebhookDeliveryRow.webhook_id, WebhookDeliveryRow.state)
        )
        found: dict[str, dict[str, int]] = {}
        async with self._database.read() as session:
            for webhook_id, state, count in await session.execute(query):
                found.setdefault(webhook_id, {})[state] = count
        return found

    @uncut
    async def replay(
        self, who: Principal, webhook_id: str, now: datetime, *, delivery_id: int | None = None, state: str = DEAD
    ) -> int:
        """Deliver again: one delivery whatever became of it, or all that are in a state; returns how many."""
        await self.get(who, webhook_id)
        again = change_mine(WebhookDeliveryRow, who).where(WebhookDeliveryRow.webhook_id == webhook_id)
        if delivery_id is None:
            again = again.where(WebhookDeliveryRow.state == state)
        else:
            again = again.where(WebhookDeliveryRow.delivery_id == delivery_id)
        change = again.values(
            state=PENDING, attempts=0, next_at=now, give_up_at=now + GIVE_UP_AFTER, status=None, error=None
        ).returning(WebhookDeliveryRow.delivery_id)
        async with self._database.write() as session:
            found = len((await session.scalars(change)).all())
        if delivery_id is not None and not found:
            raise NotFoundError("delivery", str(delivery_id))
        return found

    @uncut
    async def due(self, now: datetime, limit: int) -> builtins.list[tuple[Webhook, Delivery]]:
        """What may be sent now, of every operator: of each lane of each webhook, the first that is pending, if due."""
        earlier = aliased(WebhookDeliveryRow)
        first = ~exists().where(
            earlier.webhook_id == WebhookDeliveryRow.webhook_id,
            earlier.lane == WebhookDeliveryRow.lane,
            earlier.state == PENDING,
            earlier.delivery_id < WebhookDeliveryRow.delivery_id,
        )
        query = (
            select(WebhookRow, WebhookDeliveryRow)
            .join(WebhookRow, WebhookRow.webhook_id == WebhookDeliveryRow.webhook_id)
            .where(
                WebhookDeliveryRow.state == PENDING,
                WebhookDeliveryRow.next_at <= now,
                WebhookRow.disabled_at.is_(None),
                first,
            )
            .order_by(WebhookDeliveryRow.next_at, WebhookDeliveryRow.delivery_id)
            .limit(limit)
        )
        async with self._database.read() as session:
            return [(_webhook(hook), _delivery(row)) for hook, row in await session.execute(query)]

    @uncut
    async def next_due(self) -> datetime | None:
        """When something pending is next due; ``None`` when nothing is pending."""
        query = (
            select(WebhookDeliveryRow.next_at)
            .join(WebhookRow, WebhookRow.webhook_id == WebhookDeliveryRow.webhook_id)
            .where(WebhookDeliveryRow.state == PENDING, WebhookRow.disabled_at.is_(None))
            .order_by(WebhookDeliveryRow.next_at)
            .limit(1)
        )
        async with self._database.read() as session:
            return await session.scalar(query)

    @uncut
    async def tried(
        self,
        delivery: Delivery,
        at: datetime,
        *,
        state: str,
        next_at: datetime,
        status: int | None,
        error: str | None,
    ) -> None:
        """What came of an attempt."""
        change = (
            update(WebhookDeliveryRow)
            .where(
                and_(
                    WebhookDeliveryRow.operator_id == delivery.operator_id,
                    WebhookDeliveryRow.delivery_id == delivery.delivery_id,
                )
            )
            .values(
                state=state,
                attempts=WebhookDeliveryRow.attempts + 1,
                tried_at=at,
                next_at=next_at,
                status=status,
                error=error,
                delivered_at=at if state == DELIVERED else None,
            )
            .execution_options(synchronize_session=False)
        )
        async with self._database.write() as session:
            await session.execute(change)


def _kinds_text(kinds: frozenset[AnnouncementKind] | None) -> str | None:
    return None if kinds is None else f",{','.join(sorted(kind.value for kind in kinds))},"


def _webhook(row: WebhookRow) -> Webhook:
    names = None if row.kinds is None else row.kinds.strip(",").split(",")
    return Webhook(
        operator_id=row.operator_id,
        webhook_id=row.webhook_id,
        url=row.url,
        secret=Secret(row.secret),
        key_id=row.key_id,
        kinds=None if names is None else frozenset(AnnouncementKind(name) for name in names),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        query=row.query,
    )


def _delivery(row: WebhookDeliveryRow) -> Delivery:
    return Delivery(
        delivery_id=row.delivery_id,
        operator_id=row.operator_id,
        webhook_id=row.webhook_id,
        event_id=row.event_id,
        kind=AnnouncementKind(row.kind),
        lane=row.lane,
        at=row.at,
        payload=row.payload,
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at,
        give_up_at=row.give_up_at,
        tried_at=row.tried_at,
        delivered_at=row.delivered_at,
        status=row.status,
        error=row.error,
    )
