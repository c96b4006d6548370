"""Where operators want to be told, and what is still to be told: a transactional outbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class WebhookRow(Owned, Base):
    """An address of an operator. ``secret`` signs what is sent there. ``kinds``: ``,a,b,``; ``NULL``: everything.

    ``query``: what a TM Forum hub asked to be told of; ``NULL``: everything.
    """

    __tablename__ = "webhook"
    __table_args__ = (Index(None, "operator_id"),)

    webhook_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    url: Mapped[str] = mapped_column(String(1024))
    secret: Mapped[str] = mapped_column(String(128))
    key_id: Mapped[str] = mapped_column(String(32))
    kinds: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    query: Mapped[str | None] = mapped_column(String(500))


class WebhookDeliveryRow(Owned, Base):
    """One event for one webhook, kept until it is delivered or given up, and after.

    ``delivery_id`` is the order of what happened; within a ``lane`` of a webhook nothing is sent before what precedes.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index(
            "ix_webhook_delivery_pending",
            "webhook_id",
            "lane",
            "delivery_id",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(None, "operator_id", "webhook_id", "delivery_id"),
        Index(None, "at"),
    )

    delivery_id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[str] = mapped_column(String(32), ForeignKey("webhook.webhook_id"))
    event_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(32))
    lane: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    payload: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    give_up_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(200))
