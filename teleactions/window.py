"""The maintenance window: every night between two hours of Europe/Paris."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self

from domain.clock import PARIS
from domain.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Window:
    """From ``begin`` to ``end``, which may be on the next day."""

    begin: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``02:00-06:00``; raises `InvalidValueError`."""
        first, dash, last = text.partition("-")
        try:
            begin, end = time.fromisoformat(first.strip()), time.fromisoformat(last.strip())
        except ValueError:
            raise InvalidValueError("maintenance_window", text, "two hours such as 02:00-06:00") from None
        if not dash or begin == end or begin.tzinfo or end.tzinfo:
            raise InvalidValueError("maintenance_window", text, "two hours such as 02:00-06:00")
        return cls(begin, end)

    def contains(self, instant: datetime) -> bool:
        """Whether it is open then."""
        local = instant.astimezone(PARIS).time()
        if self.begin < self.end:
            return self.begin <= local < self.end
        return local >= self.begin or local < self.end

    def opens(self, instant: datetime) -> datetime:
        """When it is open next: ``instant`` itself while it is open."""
        if self.contains(instant):
            return instant
        local = instant.astimezone(PARIS)
        opening = datetime.combine(local.date(), self.begin, PARIS)
        return opening if opening > local else datetime.combine(local.date() + timedelta(days=1), self.begin, PARIS)
