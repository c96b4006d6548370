"""What probes last found of the Internet platform, for the infrastructure operator."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class PlatformProbeRow(Owned, Base):
    """The last probe of one target. Never its secret."""

    __tablename__ = "platform_probe"

    operator_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("operator.operator_id"), primary_key=True, sort_order=-1
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    answer: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    elapsed_ms: Mapped[float | None]
    detail: Mapped[str] = mapped_column(String(64))
    heard_at: Mapped[datetime | None]
    asked: Mapped[int]
    unheard: Mapped[int]
