"""PPP sessions and authentications, as RADIUS tells them. ``username`` is a secret."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, MaybeOwned


class SessionRow(MaybeOwned, Base):
    """What is known of one session. Each instant is the latest of its kind, so that order and repeats do not matter."""

    __tablename__ = "radius_session"
    __table_args__ = (Index(None, "stopped_at"),)

    username: Mapped[str] = mapped_column(String(255), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    started_at: Mapped[datetime | None]
    inferred_start_at: Mapped[datetime | None]
    interim_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stop_cause: Mapped[str | None] = mapped_column(String(64))
    framed_ip: Mapped[str | None] = mapped_column(String(64))
    framed_ip_at: Mapped[datetime | None]


class AuthEventRow(MaybeOwned, Base):
    """One answer of the RADIUS server; the last few of each username are kept."""

    __tablename__ = "auth_event"
    __table_args__ = (Index(None, "username", "at"), Index(None, "at"))

    event_id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime]
    result: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(200))
