"""Téléactions, their jobs, and the audit trail that nothing changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class TeleactionRow(Owned, Base):
    """What was asked and what came of it. No JSON of it (``parameters``, ``before``, ``effect`` …) has a secret."""

    __tablename__ = "teleaction"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "id1"], ["access.operator_id", "access.id1"]),
        Index(None, "operator_id", "id1", "asked_at"),
        Index("ix_teleaction_target_acting_at", "target", "acting_at"),
        Index(None, "campaign"),
    )

    number: Mapped[str] = mapped_column(String(19), primary_key=True)
    id1: Mapped[str | None] = mapped_column(String(9))
    action: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(8))
    target: Mapped[str] = mapped_column(String(200))
    pon: Mapped[str] = mapped_column(String(200))
    account: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(500))
    origin: Mapped[str] = mapped_column(String(200))
    parameters: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    run_at: Mapped[datetime | None]
    acting_at: Mapped[datetime | None]
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    effect: Mapped[str | None] = mapped_column(Text)
    campaign: Mapped[str] = mapped_column(String(40))
    confirmed_by: Mapped[str] = mapped_column(String(100))
    audit_seq: Mapped[int]
    audit_hash: Mapped[str] = mapped_column(String(64))


class TeleactionJobRow(Owned, Base):
    """A téléaction that is not over: what it needs, and who carries it out until when. One a target.

    ``payload`` and ``state_before`` may hold secrets; the row goes when the téléaction ends. ``run_at`` is empty until
    another account confirms.
    """

    __tablename__ = "teleaction_job"
    __table_args__ = (UniqueConstraint("target"), Index(None, "run_at"), Index(None, "pon"))

    number: Mapped[str] = mapped_column(String(19), ForeignKey("teleaction.number"), primary_key=True)
    target: Mapped[str] = mapped_column(String(200))
    pon: Mapped[str] = mapped_column(String(200))
    payload: Mapped[str] = mapped_column(Text)
    state_before: Mapped[str | None] = mapped_column(Text)
    run_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    tries: Mapped[int]


class AuditRow(Owned, Base):
    """One entry of the trail; triggers refuse every change. ``hash`` covers the entry and the hash before it."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "number"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16))
    number: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
