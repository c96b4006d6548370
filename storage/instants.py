"""Instants as columns: kept in UTC, always read back with their time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator

from domain.errors import InvalidValueError


class Instant(TypeDecorator[datetime]):
    """A UTC instant. SQLite has no time zones: it keeps the naive UTC text, whose order is that of time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; an instant without time zone raises `InvalidValueError`."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise InvalidValueError("instant", value, "an instant with its time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """On SQLite one call a value instead of three: a page of 50 signalisations has 350."""
        return _read if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect | None) -> datetime | None:
        """Aware, in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


def read_back(value: datetime | str | None) -> datetime | None:
    """An instant as a statement gave it that SQLAlchemy did not read: SQLite's text, or a value of another driver."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return Instant().process_result_value(found, None)
