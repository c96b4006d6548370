"""An agenda on the plant's clock: who has something to do, and when."""

from __future__ import annotations

import asyncio
import hashlib
import heapq
from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from simulators.plant.ports import PlantClock

K = TypeVar("K", bound=Hashable)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stable_hash(text: str) -> int:
    """A number that depends on the text only, the same in every run (64 bits)."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def next_instant(after: datetime, interval: timedelta, phase: timedelta) -> datetime:
    """The first instant strictly after ``after`` of the series ``1970 + phase + n × interval``."""
    elapsed = after - _EPOCH - phase
    return _EPOCH + phase + (elapsed // interval + 1) * interval


def spread_phase(name: str, interval: timedelta) -> timedelta:
    """The phase of ``name`` within ``interval``, in whole milliseconds: devices spread evenly over it."""
    milliseconds = max(1, interval // timedelta(milliseconds=1))
    return timedelta(milliseconds=stable_hash(name) % milliseconds)


class Agenda(Generic[K]):
    """One instant at most for each key; planning again replaces it. A jump of the clock makes a key due once."""

    def __init__(self, clock: PlantClock) -> None:
        self._clock = clock
        self._instants: dict[K, datetime] = {}
        self._heap: list[tuple[datetime, int, K]] = []
        self._serial = 0
        self._changed = asyncio.Event()

    def plan(self, key: K, instant: datetime) -> None:
        """Make ``key`` due at ``instant`` (at once when it is past)."""
        self._instants[key] = instant
        self._serial += 1
        heapq.heappush(self._heap, (instant, self._serial, key))
        if self._heap[0][2] == key:
            self._changed.set()

    def drop(self, key: K) -> None:
        """Forget ``key``."""
        self._instants.pop(key, None)

    def instant(self, key: K) -> datetime | None:
        """When ``key`` is due, if planned."""
        return self._instants.get(key)

    async def due(self) -> list[K]:
        """Wait until something is due; return all that is, the earliest first, and forget it."""
        while True:
            if found := self._take():
                return found
            self._changed.clear()
            await self._wait()

    def _take(self) -> list[K]:
        now = self._clock.now()
        found: list[K] = []
        while self._heap:
            instant, _, key = self._heap[0]
            if self._instants.get(key) != instant:
                heapq.heappop(self._heap)  # replaced or dropped since
            elif instant <= now:
                heapq.heappop(self._heap)
                del self._instants[key]
                found.append(key)
            else:
                break
        return found

    async def _wait(self) -> None:
        waits: list[asyncio.Task[None]] = [asyncio.create_task(self._woken())]
        if self._heap:
            waits.append(asyncio.create_task(self._until(self._heap[0][0])))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _woken(self) -> None:
        await self._changed.wait()

    async def _until(self, instant: datetime) -> None:
        await self._clock.sleep_until(instant)
