"""The rule-sets that ever decided, word for word."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class RulesetRow(Base):
    """One version of the rules. The service's own: it holds nothing of any operator, so it has none."""

    __tablename__ = "ruleset"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    toml: Mapped[str] = mapped_column(Text)
    pages: Mapped[str] = mapped_column(Text)
    kept_at: Mapped[datetime]
