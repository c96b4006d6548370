"""Long work in the loop lets others in."""

from __future__ import annotations

import asyncio

import pytest

from domain.pacing import paced


async def test_what_waits_for_the_loop_comes_in_before_long_work_has_ended() -> None:
    came_in: list[int] = []
    asyncio.get_running_loop().call_soon(came_in.append, 1)
    reached: list[int] = []
    async for number in paced(range(10_000_000)):
        reached.append(number)
        if came_in:
            break
    assert came_in == [1]
    assert reached == list(range(len(reached)))


async def test_short_work_is_done_at_once() -> None:
    came_in: list[int] = []
    asyncio.get_running_loop().call_soon(came_in.append, 1)
    assert [item async for item in paced("ab")] == ["a", "b"]
    assert came_in == []


async def test_an_exception_ends_it_like_any_loop() -> None:
    async def read() -> None:
        async for _ in paced([1, 2, 3]):
            raise LookupError

    with pytest.raises(LookupError):
        await read()
