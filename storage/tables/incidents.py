"""Collective incidents and what happened to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class IncidentRow(Owned, Base):
    """An incident of the operator that owns the OLTs.

    ``olts`` are their names between bars, to be looked for; ``members`` its ONTs: zlib-compressed JSON.
    """

    __tablename__ = "incident"
    __table_args__ = (UniqueConstraint("operator_id", "number"), Index(None, "operator_id", "opened_at"))

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    ancestor: Mapped[str] = mapped_column(String(16))
    place: Mapped[str] = mapped_column(String(200))
    cause: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    calm_since: Mapped[datetime | None]
    unknown_since: Mapped[datetime | None]
    accesses: Mapped[int]
    down: Mapped[int]
    back: Mapped[int]
    unknown: Mapped[int]
    up: Mapped[int]
    gasps: Mapped[int]
    confidence: Mapped[float]
    works: Mapped[bool]
    into: Mapped[str | None] = mapped_column(String(32))
    origin: Mapped[str | None] = mapped_column(String(32))
    olts: Mapped[str] = mapped_column(Text)
    members: Mapped[bytes] = mapped_column(LargeBinary)


class IncidentChangeRow(Owned, Base):
    """One line of the history of an incident; ``rank`` counts from 1."""

    __tablename__ = "incident_change"
    __table_args__ = (ForeignKeyConstraint(["operator_id", "number"], ["incident.operator_id", "incident.number"]),)

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16))
    ancestor: Mapped[str] = mapped_column(String(16))
    before: Mapped[str | None] = mapped_column(String(16))
    place: Mapped[str] = mapped_column(String(200))
    accesses: Mapped[int]
    down: Mapped[int]
    confidence: Mapped[float]
    others: Mapped[list[str]]


class IncidentToldRow(Owned, Base):
    """An operator that was told of the start of an incident of its own network or another's, and of its end: once."""

    __tablename__ = "incident_told"
    __table_args__ = (Index(None, "number"),)

    operator_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("operator.operator_id"), primary_key=True, sort_order=-1
    )
    number: Mapped[str] = mapped_column(String(32), ForeignKey("incident.number"), primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
