"""What comes at the same time is done together, and each caller learns about its own item."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from storage.together import Together


class Work:
    """Doubles numbers, refuses negative ones, and can be held back."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.started = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        self.started.set()
        await self.go.wait()
        if min(items) < 0:
            raise ValueError(min(items))
        return [item * 2 for item in items]


async def test_what_arrives_while_a_batch_is_at_work_goes_into_the_next() -> None:
    work = Work()
    work.go.clear()
    together = Together(work)
    waiting = [asyncio.create_task(together.submit(0))]
    await asyncio.wait_for(work.started.wait(), 5)
    waiting += [asyncio.create_task(together.submit(item)) for item in range(1, 6)]
    await asyncio.sleep(0)  # lets them submit
    work.go.set()
    assert await asyncio.gather(*waiting) == [0, 2, 4, 6, 8, 10]
    assert work.batches == [[0], [1, 2, 3, 4, 5]]


async def test_a_batch_has_a_largest_size() -> None:
    work = Work()
    together = Together(work, largest=2)
    await asyncio.gather(*(together.submit(item) for item in range(5)))
    assert [len(batch) for batch in work.batches] == [2, 2, 1]


async def test_a_bad_item_fails_alone() -> None:
    together = Together(Work())
    results = await asyncio.gather(*(together.submit(item) for item in (1, -2, 3)), return_exceptions=True)
    assert results[0] == 2
    assert isinstance(results[1], ValueError)
    assert results[2] == 6


async def test_a_caller_that_goes_away_loses_nothing_for_the_others() -> None:
    work = Work()
    work.go.clear()
    together = Together(work)
    waiting = [asyncio.create_task(together.submit(item)) for item in (1, 2)]
    await asyncio.wait_for(work.started.wait(), 5)
    waiting[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]
    work.go.set()
    assert await waiting[1] == 4
    assert work.batches == [[1, 2]]


async def test_finishing_waits_for_what_is_at_work() -> None:
    work = Work()
    work.go.clear()
    together = Together(work)
    await together.finish()
    waiting = asyncio.create_task(together.submit(1))
    await asyncio.wait_for(work.started.wait(), 5)
    finishing = asyncio.create_task(together.finish())
    await asyncio.sleep(0)  # lets it begin to wait
    assert not finishing.done()
    work.go.set()
    await finishing
    assert await waiting == 2


async def test_nobody_waits_for_ever_when_the_work_is_cancelled() -> None:
    work = Work()
    work.go.clear()
    together = Together(work, largest=1)
    waiting = [asyncio.create_task(together.submit(item)) for item in (1, 2)]
    await asyncio.wait_for(work.started.wait(), 5)
    assert together._task is not None
    together._task.cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
