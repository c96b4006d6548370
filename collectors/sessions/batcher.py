"""Hands what arrives to a slow keeper, in batches: what comes while one batch is kept makes the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Batcher(Generic[T]):
    """A bounded queue and the task that empties it.

    Args:
        keep: Keeps a batch; it handles its own failures.
        capacity: Most items that wait; more are refused.
        batch: Most items of one call.
    """

    def __init__(
        self, keep: Callable[[Sequence[T]], Awaitable[None]], capacity: int = 20_000, batch: int = 500
    ) -> None:
        self._keep = keep
        self._capacity = capacity
        self._batch = batch
        self._waiting: deque[T] = deque()
        self._wake = asyncio.Event()
        self._asked = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to empty the queue."""
        self._task = asyncio.create_task(self._run())

    def put(self, item: T) -> bool:
        """Add an item; ``False`` when the queue is full."""
        if len(self._waiting) >= self._capacity:
            return False
        self._waiting.append(item)
        self._wake.set()
        return True

    def again(self) -> None:
        """Call the keeper though nothing may be new: it has something left from before."""
        self._asked = True
        self._wake.set()

    async def stop(self) -> None:
        """Keep what waits, then end."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        while self._waiting:
            await self._keep(self._next())

    def _next(self) -> list[T]:
        return [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting or self._asked:
                self._asked = False
                # Shielded, so that a stop does not lose a batch that is half kept.
                keeping = asyncio.ensure_future(self._keep(self._next()))
                try:
                    await asyncio.shield(keeping)
                except asyncio.CancelledError:
                    await keeping
                    raise
