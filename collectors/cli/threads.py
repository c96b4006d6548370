"""The one place where blocking work leaves the event loop: a bounded pool of threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from domain.errors import DeviceTimeoutError

T = TypeVar("T")


class LateError(DeviceTimeoutError):
    """No thread was free before the deadline: nothing was begun, and nothing is wrong with the device."""


class Threads:
    """Runs blocking calls in at most ``limit`` threads, started when first needed.

    A blocking call cannot be interrupted: whatever is given to it must end by its own timeouts.
    """

    def __init__(self, limit: int = 8) -> None:
        self._limit = limit
        self._pool: ThreadPoolExecutor | None = None

    async def run(self, call: Callable[[], T]) -> T:
        """The result of ``call``, run in a thread; its exceptions come through."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._limit, thread_name_prefix="cli")
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    async def within(self, target: str, call: Callable[[float], T], timeout_s: float) -> T:
        """The same of a call that is told how many seconds it has left when it begins.

        Raises `LateError` when none are left: another call held the thread that it would have run in.
        """
        until = time.monotonic() + timeout_s

        def begun() -> T:
            left_s = until - time.monotonic()
            if left_s <= 0:
                raise LateError(target, "no thread was free in time")
            return call(left_s)

        return await self.run(begun)

    async def close(self) -> None:
        """End the threads once their calls have ended; calls that wait are dropped."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
