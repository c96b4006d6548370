"""The one clock. Whoever needs the time is given a `Clock`; nothing reads the wall clock by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


class Clock(Protocol):
    """Tells the time of the world that is observed: the wall's, or a simulated plant's that runs faster."""

    def now(self) -> datetime:
        """The present instant, UTC-aware."""
        ...


class WallClock:
    """The clock of a real deployment."""

    def __init__(self, read: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._read = read

    def now(self) -> datetime:
        """The present instant, UTC-aware."""
        return self._read()


class FixedClock:
    """A clock that stands still until it is moved: for tests and replays."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.instant
