"""Periodic walks: each OLT at its own phase of the period, none waiting for another."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from domain.clock import Clock
from domain.metrics.olt import OLT_REACHABLE
from domain.olt import OltTarget, OltWalk
from domain.ports import OltDriver, Sleeper, WalkStore

_log = structlog.get_logger(__name__)

_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)  # phases are counted from it

DriverLookup = Callable[[str], OltDriver]
"""The driver of a vendor's key."""

Targets = Callable[[], Awaitable[Sequence[OltTarget]]]
"""The OLTs to walk, as the inventory has them now."""


def next_walk(olt: str, now: datetime, period: timedelta) -> datetime:
    """When an OLT is walked next: its phase follows from its name, so that OLTs spread over the period."""
    share = int.from_bytes(hashlib.sha256(olt.encode()).digest()[:8], "big") / 2**64
    phase = _ORIGIN + period * share
    return phase + period * ((now - phase) // period + 1)


@dataclass(slots=True)
class PollCounters:
    """Walks kept, walks that failed, and walks kept with gaps, since the start."""

    kept: int = 0
    failed: int = 0
    partial: int = 0


class PollingLoop:
    """Walks every OLT of the inventory once a period, by the clock in force.

    The inventory is read again once a period: new OLTs are taken up, absent ones are left. A walk without any answer
    is not kept: the last good one stays, with its age.
    """

    def __init__(
        self,
        driver: DriverLookup,
        targets: Targets,
        store: WalkStore,
        clock: Clock,
        sleeper: Sleeper,
        period: timedelta = timedelta(minutes=5),
        timeout_s: float = 240.0,
    ) -> None:
        self._driver = driver
        self._targets = targets
        self._store = store
        self._clock = clock
        self._sleeper = sleeper
        self._period = period
        self._timeout_s = timeout_s
        self.counters = PollCounters()
        self._tasks: dict[OltTarget, asyncio.Task[None]] = {}
        self._healthy: dict[str, bool] = {}

    async def run(self) -> None:
        """Walk until cancelled."""
        try:
            while True:
                await self._follow_inventory()
                await self._sleeper.until(self._clock.now() + self._period)
        finally:
            tasks = [*self._tasks.values()]
            self._tasks.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def poll_once(self, target: OltTarget) -> OltWalk | None:
        """Walk one OLT now and keep it; ``None`` when nothing answered, or when walking or keeping failed."""
        why = "no answer"
        try:
            walk = await self._driver(target.vendor).walk(target, self._timeout_s)
            if walk.readings.value(OLT_REACHABLE) or walk.onts:
                await self._store.keep(target, walk)
                self.counters.kept += 1
                self.counters.partial += bool(walk.gaps)
                self._note(target, healthy=True, why="")
                return walk
        except Exception as error:  # noqa: BLE001 - the boundary: one OLT's trouble stops neither its loop nor others
            why = f"{type(error).__name__}: {error}"
        self.counters.failed += 1
        self._note(target, healthy=False, why=why)
        return None

    async def _follow_inventory(self) -> None:
        try:
            wanted = set(await self._targets())
        except Exception as error:  # noqa: BLE001 - the boundary: keep walking what was known
            _log.warning("polling_inventory_failed", error=type(error).__name__, why=str(error))
            return
        for target in self._tasks.keys() - wanted:
            self._tasks.pop(target).cancel()
        for target in wanted - self._tasks.keys():
            self._tasks[target] = asyncio.create_task(self._walk_for_ever(target), name=f"poll {target.name}")

    async def _walk_for_ever(self, target: OltTarget) -> None:
        await self.poll_once(target)  # at once: a new OLT has no walk yet
        while True:
            await self._sleeper.until(next_walk(target.name, self._clock.now(), self._period))
            await self.poll_once(target)

    def _note(self, target: OltTarget, *, healthy: bool, why: str) -> None:
        """Log changes of state, not each walk."""
        if self._healthy.get(target.name) is healthy:
            return
        first = target.name not in self._healthy
        self._healthy[target.name] = healthy
        if healthy and not first:
            _log.info("olt_walked_again", olt=target.name)
        elif not healthy:
            _log.warning("olt_not_walked", olt=target.name, why=why)
