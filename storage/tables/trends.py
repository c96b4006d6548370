"""What the last scan of each infrastructure operator's telemetry found, and the reference measures of accesses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class TrendRow(Owned, Base):
    """One thing that moves. ``facts`` is JSON; ``pbo`` is where it hangs, for the list's filter."""

    __tablename__ = "trend"
    __table_args__ = (Index(None, "operator_id", "days_left"), Index(None, "olt", "ont"))

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    olt: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(String(16))
    pon: Mapped[str] = mapped_column(String(32))
    ont: Mapped[str | None] = mapped_column(String(40))
    place: Mapped[str | None] = mapped_column(String(200))
    pbo: Mapped[str | None] = mapped_column(String(200))
    onts: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    cause: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime | None]
    slope_db_day: Mapped[float | None]
    change_db: Mapped[float | None]
    days_left: Mapped[float | None]
    confidence: Mapped[float]
    facts: Mapped[str] = mapped_column(Text)


class TrendUnknownRow(Owned, Base):
    """An ONT of which the last scan can say nothing, and why."""

    __tablename__ = "trend_unknown"

    olt: Mapped[str] = mapped_column(String(64), primary_key=True)
    ont: Mapped[str] = mapped_column(String(40), primary_key=True)
    reason: Mapped[str] = mapped_column(String(16))
    days: Mapped[int]


class TrendScanRow(Owned, Base):
    """The last scan of an operator."""

    __tablename__ = "trend_scan"

    operator_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("operator.operator_id"), primary_key=True, sort_order=-1
    )
    at: Mapped[datetime]
    olts: Mapped[int]
    onts: Mapped[int]
    elapsed_s: Mapped[float]
    unlooked: Mapped[int]


class WantedReferenceRow(Owned, Base):
    """A reference measure to take: one an access, the latest occasion. ``tries``: how often it gave none."""

    __tablename__ = "wanted_reference"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "id1"], ["access.operator_id", "access.id1"]),
        Index(None, "due_at"),
    )

    operator_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("operator.operator_id"), primary_key=True, sort_order=-1
    )
    id1: Mapped[str] = mapped_column(String(9), primary_key=True)
    occasion: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime]
    tries: Mapped[int]


class ReferenceRow(Owned, Base):
    """What an access measured at one occasion; ``NULL`` is not measured. ``number``: of the diagnosis that read it."""

    __tablename__ = "reference_measure"
    __table_args__ = (ForeignKeyConstraint(["operator_id", "id1"], ["access.operator_id", "access.id1"]),)

    operator_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("operator.operator_id"), primary_key=True, sort_order=-1
    )
    id1: Mapped[str] = mapped_column(String(9), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    occasion: Mapped[str] = mapped_column(String(16), primary_key=True)
    source: Mapped[str] = mapped_column(String(200))
    ont_rx_dbm: Mapped[float | None]
    ont_tx_dbm: Mapped[float | None]
    olt_rx_dbm: Mapped[float | None]
    olt_tx_dbm: Mapped[float | None]
    ont_bias_ma: Mapped[float | None]
    olt_bias_ma: Mapped[float | None]
    number: Mapped[str | None] = mapped_column(String(19))
