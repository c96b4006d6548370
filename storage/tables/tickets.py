"""Signalisations, what happened to them, what is attached to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class TicketRow(Owned, Base):
    """A signalisation. ``treated_by``: the operator of the OLT, who repairs. ``fields``: the form's values, JSON."""

    __tablename__ = "ticket"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "id1"], ["access.operator_id", "access.id1"]),
        UniqueConstraint("operator_id", "number"),
        Index(None, "operator_id", "id1"),
        Index(None, "operator_id", "created_at"),
        Index(None, "treated_by", "created_at"),
        Index(None, "deadline_at"),
    )

    number: Mapped[str] = mapped_column(String(19), primary_key=True)
    id1: Mapped[str] = mapped_column(String(9))
    treated_by: Mapped[str | None] = mapped_column(String(64), ForeignKey("operator.operator_id"))
    form: Mapped[str] = mapped_column(String(64))
    form_version: Mapped[int]
    type_code: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    account: Mapped[str] = mapped_column(String(100))
    reference: Mapped[str | None] = mapped_column(String(100))
    fields: Mapped[str] = mapped_column(Text)
    context: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deposited_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    counted_down_s: Mapped[int | None]
    restored_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closing_code: Mapped[str | None] = mapped_column(String(16))
    forced_by: Mapped[str | None] = mapped_column(String(100))
    forced_over: Mapped[str | None] = mapped_column(String(19))
    forced_why: Mapped[str | None] = mapped_column(Text)


class TicketEventRow(Owned, Base):
    """Something that happened to a signalisation."""

    __tablename__ = "ticket_event"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "number"], ["ticket.operator_id", "ticket.number"]),
        Index(None, "number"),
    )

    event_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(19))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    account: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)


class TicketDiagnosisRow(Owned, Base):
    """A result attached to a signalisation: kept beyond its 48 h, with its snapshot, as long as the row is there."""

    __tablename__ = "ticket_diagnosis"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "ticket"], ["ticket.operator_id", "ticket.number"]),
        Index(None, "number"),
    )

    ticket: Mapped[str] = mapped_column(String(19), primary_key=True)
    number: Mapped[str] = mapped_column(String(19), ForeignKey("diagnosis.number"), primary_key=True)


class TicketFileRow(Owned, Base):
    """A file attached to a signalisation."""

    __tablename__ = "ticket_file"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "ticket"], ["ticket.operator_id", "ticket.number"]),
        Index(None, "ticket"),
    )

    file_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    ticket: Mapped[str] = mapped_column(String(19))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    content: Mapped[bytes] = mapped_column(LargeBinary)
