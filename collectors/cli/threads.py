"""The one place where blocking work leaves the event loop: a bounded pool of threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """Runs blocking calls in at most ``limit`` threads, started when first needed.

    A blocking call cannot be interrupted: whatever is given to `run` must end by its own timeouts.
    """

    def __init__(self, limit: int = 8) -> None:
        self._limit = limit
        self._pool: ThreadPoolExecutor | None = None

    async def run(self, call: Callable[[], T]) -> T:
        """The result of ``call``, run in a thread; its exceptions come through."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._limit, thread_name_prefix="cli")
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    async def close(self) -> None:
        """End the threads once their calls have ended; calls that wait are dropped."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
