"""What comes at the same time is done together: while one batch is at work, what arrives waits for the next.

A storm of Informs then costs one commit a burst, an Inform alone waits for nothing, and each caller returns only
once its own item is done (committed, for a write).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

LARGEST = 200
"""Items in one batch at most (C: a batch that writes keeps SQLite's lock for some tens of milliseconds)."""


class Together(Generic[T, R]):
    """Gathers concurrent items into one call of ``work``, which gives a result each, in order, or fails as a whole."""

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R]]], largest: int = LARGEST) -> None:
        self._work = work
        self._largest = largest
        self._pending: list[tuple[T, asyncio.Future[R]]] = []
        self._task: asyncio.Task[None] | None = None

    async def submit(self, item: T) -> R:
        """The result of ``item``, or what its work raised."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._pending.append((item, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain(), name="together")
        return await done

    async def finish(self) -> None:
        """Wait for what is at work."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _drain(self) -> None:
        try:
            while self._pending:
                batch, self._pending = self._pending[: self._largest], self._pending[self._largest :]
                await self._run(batch)
        finally:
            for _, done in self._pending:  # only when cancelled: nobody may wait for ever
                done.cancel()
            self._pending = []

    async def _run(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._work([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - handed to the caller that it concerns
            if len(batch) > 1:
                for one in batch:  # one bad item must not lose the others
                    await self._run([one])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
        except BaseException:
            for _, done in batch:
                done.cancel()
            raise
        else:
            for (_, done), result in zip(batch, results, strict=True):
                if not done.done():  # its caller went away; the item is done all the same
                    done.set_result(result)
