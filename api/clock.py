"""Time for a real deployment: the wall's, and waiting for an instant of it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol

from domain.clock import Clock, WallClock
from domain.ports import Sleeper


class Time(Clock, Sleeper, Protocol):
    """A clock that one can wait on."""


class WallTime(WallClock):
    """The wall's clock."""

    async def until(self, instant: datetime) -> None:
        """Return when the wall's clock has reached ``instant``."""
        await asyncio.sleep(max(0.0, (instant - self.now()).total_seconds()))
