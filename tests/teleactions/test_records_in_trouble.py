"""Records that fail for a moment stop no téléaction for good."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from domain.teleaction import Job
from teleactions.worker import Worker


class Moment:
    """A clock at which any instant has come."""

    def now(self) -> datetime:
        return datetime(2019, 5, 9, tzinfo=UTC)

    async def until(self, _instant: datetime) -> None:
        await asyncio.sleep(0)


class Jobs:
    """Fails as often as it is told, then has nothing due."""

    def __init__(self, *troubles: str) -> None:
        self.troubles = list(troubles)
        self.rested = asyncio.Event()

    async def claim(self, *_: object) -> Sequence[Job]:
        self._fail("claim")
        return ()

    async def next_due(self, _now: datetime) -> datetime | None:
        self._fail("next_due")
        self.rested.set()
        return None

    async def renew(self, *_: object) -> None:
        await asyncio.Event().wait()

    def _fail(self, what: str) -> None:
        if self.troubles and self.troubles[0] == what:
            self.troubles.pop(0)
            raise OSError("database is locked")


async def test_a_worker_asks_again_after_the_records_have_failed() -> None:
    jobs: Any = Jobs("claim", "next_due", "claim")
    clock = Moment()
    runner: Any = None
    work = asyncio.create_task(Worker(jobs, runner, clock, clock, 4).run())
    async with asyncio.timeout(10):
        await jobs.rested.wait()
    assert (jobs.troubles, work.done()) == ([], False)
    work.cancel()
    await asyncio.wait([work])
