"""Clocks for tests."""

from __future__ import annotations

import asyncio
from datetime import datetime

from domain.clock import FixedClock


class StillClock(FixedClock):
    """A clock that stands still until a test moves it; who waits for a later instant waits for ever."""

    async def until(self, instant: datetime) -> None:
        """Return at once where the instant has come."""
        if instant > self.now():
            await asyncio.Event().wait()
