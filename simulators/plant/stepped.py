"""A clock for plants in process: time passes when it is told."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta


class SteppedClock:
    """Stands still until `advance`. It satisfies `PlantClock` and `MovableClock`."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """The present instant."""
        return self._instant

    def advance(self, seconds: float) -> None:
        """Move forward by that many seconds, 0 or more."""
        if not seconds >= 0:
            raise ValueError(f"a clock advances by 0 seconds or more, not {seconds}")
        self._instant += timedelta(seconds=seconds)
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep_until(self, instant: datetime) -> None:
        """Return once the clock stands at ``instant`` or later."""
        while self._instant < instant:
            await self._moved.wait()
