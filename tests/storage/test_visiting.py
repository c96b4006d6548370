"""Work in a thread whose asker goes on where its end is heard."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from storage.visiting import visit
from storage.whole import whole

_NAME: ContextVar[str] = ContextVar("name", default="nobody")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as found:
        yield found


async def test_the_result_comes_from_the_thread_and_the_asker_stays_itself(threads: ThreadPoolExecutor) -> None:
    _NAME.set("asker")
    task = asyncio.current_task()
    assert await visit(threads, lambda left, right: left + right, 1, 2) == 3
    assert await visit(threads, threading.get_ident) != threading.get_ident()
    assert (_NAME.get(), asyncio.current_task()) == ("asker", task)


async def test_an_error_is_raised_where_the_result_is_awaited(threads: ThreadPoolExecutor) -> None:
    def refused() -> None:
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        await visit(threads, refused)
    assert await visit(threads, str, 1) == "1"


async def test_the_asker_goes_on_before_what_the_loop_had_to_do_next(threads: ThreadPoolExecutor) -> None:
    said: list[str] = []
    begun, end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        end.wait(10)

    async def ask() -> None:
        await visit(threads, work)
        said.append("went on")

    asking = asyncio.create_task(ask())
    await asyncio.to_thread(begun.wait, 10)
    end.set()
    await asyncio.to_thread(threads.submit(lambda: None).result)  # the thread has told its end by now
    assert said == ["went on"]
    await asking


async def test_who_gives_up_leaves_begun_work_alone_and_takes_back_what_waits(threads: ThreadPoolExecutor) -> None:
    begun, end = threading.Event(), threading.Event()
    done: list[str] = []

    def long() -> None:
        begun.set()
        end.wait(10)
        done.append("long")

    first = asyncio.create_task(visit(threads, long))
    second = asyncio.create_task(visit(threads, done.append, "second"))
    await asyncio.to_thread(begun.wait, 10)
    for task in (first, second):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    end.set()
    await visit(threads, done.append, "third")
    assert done == ["long", "third"]


async def test_whole_work_may_wait_for_a_thread(threads: ThreadPoolExecutor) -> None:
    async def work() -> list[int]:
        return [await visit(threads, abs, -number) for number in range(3)]

    assert await whole(work()) == [0, 1, 2]


async def test_several_wait_for_threads_at_once(threads: ThreadPoolExecutor) -> None:
    async with asyncio.timeout(10):
        assert await asyncio.gather(*(visit(threads, abs, -number) for number in range(50))) == list(range(50))
