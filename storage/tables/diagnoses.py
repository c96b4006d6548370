"""Diagnoses with what they were drawn from, and the idempotency keys of the requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class DiagnosisRow(Owned, Base):
    """One test of one access.

    ``snapshot`` and ``diagnosis`` are canonical JSON, secrets included; ``digest`` is theirs.
    """

    __tablename__ = "diagnosis"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "id1"], ["access.operator_id", "access.id1"]),
        Index(None, "operator_id", "id1", "sent_at"),
        Index(None, "sent_at"),
        Index(
            "ix_diagnosis_running",
            "state",
            sqlite_where=text("state = 'En cours'"),
            postgresql_where=text("state = 'En cours'"),
        ),
    )

    number: Mapped[str] = mapped_column(String(19), primary_key=True)
    id1: Mapped[str] = mapped_column(String(9))
    test: Mapped[str] = mapped_column(String(32))
    service_type: Mapped[str] = mapped_column(String(32))
    account: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(16))
    sent_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    duration_ms: Mapped[float | None]
    result: Mapped[str | None] = mapped_column(String(16))
    family: Mapped[str | None] = mapped_column(String(32))
    snapshot: Mapped[str | None] = mapped_column(Text)
    diagnosis: Mapped[str | None] = mapped_column(Text)
    ruleset: Mapped[str | None] = mapped_column(String(64))
    code_version: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str | None] = mapped_column(String(64))
    failure: Mapped[str | None] = mapped_column(String(200))


class IdempotencyRow(Owned, Base):
    """A key that an operator has used, and what it gave."""

    __tablename__ = "idempotency"
    __table_args__ = (Index(None, "created_at"),)

    operator_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("operator.operator_id"), primary_key=True, sort_order=-1
    )
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
