"""Orders about port 25."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned

_WAITING = text("state = 'demandée'")


class Port25OrderRow(Owned, Base):
    """An order that a signalisation carries; one waits on an access at a time."""

    __tablename__ = "port25_order"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "number"], ["ticket.operator_id", "ticket.number"]),
        Index(
            "ix_port25_order_waiting",
            "operator_id",
            "id1",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    number: Mapped[str] = mapped_column(String(19), primary_key=True)
    id1: Mapped[str] = mapped_column(String(9))
    opens: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16))
    asked_by: Mapped[str] = mapped_column(String(100))
    asked_at: Mapped[datetime]
    done_by: Mapped[str | None] = mapped_column(String(100))
    done_at: Mapped[datetime | None]
    teleaction: Mapped[str | None] = mapped_column(String(19))
