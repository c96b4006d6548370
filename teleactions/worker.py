"""A worker: takes the jobs that are due, holds their leases, and waits for the next without polling."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog

from domain.clock import Clock
from domain.ports import Sleeper
from domain.teleaction import Job
from domain.teleaction_ports import Jobs
from teleactions.runner import Runner

_log = structlog.get_logger(__name__)

AGAIN = timedelta(seconds=5)
"""C: before the records that failed are asked again."""
LEASE = timedelta(seconds=30)
"""How long a job is held; renewed at a third. A worker killed leaves its jobs to others after that."""


class Worker:
    """Runs jobs until it is closed."""

    def __init__(self, jobs: Jobs, runner: Runner, clock: Clock, sleeper: Sleeper, at_once: int) -> None:
        self.owner = secrets.token_hex(8)
        self._jobs = jobs
        self._runner = runner
        self._clock = clock
        self._sleeper = sleeper
        self._at_once = at_once
        self._news = asyncio.Event()
        self._running: dict[asyncio.Task[None], str] = {}

    def wake(self) -> None:
        """A job was asked for."""
        self._news.set()

    async def run(self) -> None:
        """Work for ever. What runs when this is cancelled stays held until its lease ends, and is then settled."""
        holding = asyncio.create_task(self._hold())
        try:
            while True:
                self._news.clear()
                try:
                    await self._take()
                    await self._wait()
                except Exception as error:  # noqa: BLE001 - the boundary: the records will answer again, jobs stay there
                    _log.error("jobs not taken", error=type(error).__name__, exc_info=error)
                    await self._sleeper.until(self._clock.now() + AGAIN)
        finally:
            holding.cancel()
            left = list(self._running)
            for task in left:
                task.cancel()
            await asyncio.gather(holding, *left, return_exceptions=True)

    async def _take(self) -> None:
        free = self._at_once - len(self._running)
        if free <= 0:
            return
        now = self._clock.now()
        for job in await self._jobs.claim(self.owner, now, now + LEASE, free):
            task = asyncio.create_task(self._one(job), name=f"teleaction {job.number}")
            self._running[task] = str(job.number)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._news.set()

    async def _one(self, job: Job) -> None:
        try:
            await self._runner.run(job, self.owner)
        except Exception as error:  # noqa: BLE001 - the boundary: its lease ends, and it is then taken again or settled
            _log.error("teleaction failed", number=str(job.number), error=type(error).__name__, exc_info=error)

    async def _wait(self) -> None:
        """Until a job is asked for or ends, or until the next one is due."""
        due = await self._jobs.next_due(self._clock.now()) if len(self._running) < self._at_once else None
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._news.wait())]
        if due is not None:
            waits.append(asyncio.create_task(self._until(due)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _until(self, instant: datetime) -> None:
        await self._sleeper.until(instant)

    async def _hold(self) -> None:
        while True:
            await self._sleeper.until(self._clock.now() + LEASE / 3)
            try:
                await self._jobs.renew(self.owner, list(self._running.values()), self._clock.now() + LEASE)
            except Exception as error:  # noqa: BLE001 - it is tried again; the lease ends if it never succeeds
                _log.warning("leases not renewed", error=type(error).__name__)
