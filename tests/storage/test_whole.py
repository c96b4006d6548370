"""Work that runs to its end once it has begun, and begins in the turn of the loop that asked for it."""

from __future__ import annotations

import asyncio

import pytest

from storage.whole import _Left, whole


async def test_work_that_waits_for_nothing_takes_no_turn_of_the_loop() -> None:
    turns: list[str] = []
    asyncio.get_running_loop().call_soon(turns.append, "a turn")

    async def work() -> str:
        return f"{len(turns)} turns"

    assert await whole(work()) == "0 turns"
    assert turns == []


async def test_what_waits_goes_on_where_it_was() -> None:
    done: list[str] = []

    async def work() -> str:
        for name in ("first", "second"):
            done.append(name)
            await asyncio.sleep(0)
        inner: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(inner.set_result, "third")
        return await inner

    assert await whole(work()) == "third"
    assert done == ["first", "second"]


async def test_a_caller_that_gives_up_leaves_the_work_alone() -> None:
    let_go, ended = asyncio.Event(), asyncio.Event()
    kept: list[asyncio.Task[object]] = []

    async def work() -> None:
        await let_go.wait()
        ended.set()

    caller = asyncio.create_task(whole(work(), kept.append))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    let_go.set()
    await asyncio.gather(*kept)
    assert ended.is_set()


async def test_a_cancelled_task_of_the_work_is_told_to_the_work() -> None:
    """The loop cancels every task as it ends: what was begun may still clean up."""
    cleaned: list[str] = []
    kept: list[asyncio.Task[object]] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("cleaned")

    caller = asyncio.create_task(whole(work(), kept.append))
    await asyncio.sleep(0)
    kept[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert cleaned == ["cleaned"]


@pytest.mark.parametrize("waits", [0, 1, 3])
async def test_what_the_work_raises_reaches_its_caller(waits: int) -> None:
    async def work() -> None:
        for _ in range(waits):
            await asyncio.sleep(0)
        raise ValueError(waits)

    with pytest.raises(ValueError, match=str(waits)):
        await whole(work())


async def test_work_may_catch_what_it_waited_for() -> None:
    async def work() -> str:
        failing: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(failing.set_exception, OSError("gone"))
        try:
            return await failing
        except OSError as error:
            await asyncio.sleep(0)
            return str(error)

    assert await whole(work()) == "gone"


async def test_what_is_left_of_work_may_be_awaited_as_any_coroutine() -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return "done"

    begun = work()
    assert await _Left(begun, begun.send(None)) == "done"
