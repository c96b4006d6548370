"""Things to do at an instant of the plant's clock."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable, Hashable
from datetime import datetime


class Timers:
    """A queue of calls by instant. Nothing runs by itself: `run_due` is called when the clock has moved."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int]] = []
        self._calls: dict[int, tuple[Hashable, Callable[[datetime, datetime], None]]] = {}
        self._of_key: dict[Hashable, int] = {}
        self._order = itertools.count()
        self.changed = asyncio.Event()

    def set(self, key: Hashable, at: datetime, call: Callable[[datetime, datetime], None]) -> None:
        """Plan ``call(at, now)``, ``now`` being when it is made; it replaces what was planned under ``key``."""
        self.cancel(key)
        ticket = next(self._order)
        self._calls[ticket] = (key, call)
        self._of_key[key] = ticket
        heapq.heappush(self._heap, (at, ticket))
        self.changed.set()

    def cancel(self, key: Hashable) -> None:
        """Forget what was planned under ``key``."""
        ticket = self._of_key.pop(key, None)
        if ticket is not None:
            del self._calls[ticket]

    def __contains__(self, key: Hashable) -> bool:
        return key in self._of_key

    def next(self) -> datetime | None:
        """Instant of the first planned call."""
        while self._heap and self._heap[0][1] not in self._calls:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run_due(self, now: datetime) -> None:
        """Make every call planned up to ``now``, in order of instant."""
        while (at := self.next()) is not None and at <= now:
            _, ticket = heapq.heappop(self._heap)
            key, call = self._calls.pop(ticket)
            del self._of_key[key]
            call(at, now)
