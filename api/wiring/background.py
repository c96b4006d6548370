"""Tasks that live as long as the service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from typing import Any

import structlog

from api.clock import Time
from domain.clock import PARIS

_log = structlog.get_logger(__name__)

AGAIN_S = 5.0
"""C: what is told to stop has put its things away by then."""

Spawn = Callable[[Coroutine[Any, Any, object]], None]
"""Start a task of the service; what ends it by an error is logged."""


@asynccontextmanager
async def background() -> AsyncIterator[Spawn]:
    """Tasks that are cancelled, and waited for, at the end of the block.

    One that goes on is cancelled again: ``asyncio.wait_for`` of Python 3.11, which libraries use, loses a cancellation
    that comes with its result.
    """
    tasks: set[asyncio.Task[object]] = set()

    def ended(task: asyncio.Task[object]) -> None:
        tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("background task failed", error=type(error).__name__, exc_info=error)

    def spawn(work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(ended)

    try:
        yield spawn
    finally:
        left = set(tasks)
        while left:
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=AGAIN_S)
            if left:
                _log.warning(
                    "background tasks go on, and are cancelled again", tasks=[str(one.get_coro()) for one in left]
                )


async def every(what: str, period: timedelta, clock: Time, work: Callable[[], Awaitable[object]]) -> None:
    """Do something at once, then once a period of the clock in force; its trouble is logged and it is tried again."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - the boundary: it is tried again a period later
            _log.warning("background work failed", what=what, error=type(error).__name__, why=str(error))
        await clock.until(clock.now() + period)


async def each_night(what: str, at: time, clock: Time, work: Callable[[], Awaitable[object]]) -> None:
    """Do something every day at that hour of Paris, by the clock in force; its trouble is logged."""
    while True:
        await clock.until(next_night(clock.now(), at))
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - the boundary: it is tried again the next night
            _log.warning("background work failed", what=what, error=type(error).__name__, why=str(error))


def next_night(now: datetime, at: time) -> datetime:
    """The next instant after ``now`` at which clocks in Paris show that hour."""
    local = now.astimezone(PARIS)
    today = datetime.combine(local.date(), at, PARIS)
    return today if today > local else datetime.combine(local.date() + timedelta(days=1), at, PARIS)
