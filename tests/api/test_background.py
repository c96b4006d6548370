"""What lives as long as the service ends with it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from api.wiring import background as background_tasks
from api.wiring.background import background


async def test_a_task_whose_library_lost_the_cancellation_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_tasks, "AGAIN_S", 0.01)
    told: list[int] = []

    async def deaf() -> None:
        for turn in range(3):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            told.append(turn)
        await asyncio.Event().wait()

    async with asyncio.timeout(30), background() as spawn:
        spawn(deaf())
        await asyncio.sleep(0)
    assert told == [0, 1, 2]


async def test_nothing_to_end_ends_at_once() -> None:
    async with background():
        pass
