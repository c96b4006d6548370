"""Records that fail for a moment (a disk, a lock) stop neither campaigns nor the watch over incidents for good."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from api.services.campaigns import CampaignService
from api.services.incidents import IncidentWatch
from api.services.network_events import NetworkEvents


class Moment:
    """A clock at which any instant has come."""

    def now(self) -> datetime:
        return datetime(2019, 5, 9, tzinfo=UTC)

    async def until(self, _instant: datetime) -> None:
        await asyncio.sleep(0)


class Troubled:
    """Fails once, then answers that there is nothing."""

    def __init__(self) -> None:
        self.asked = 0
        self.answered = asyncio.Event()

    async def __call__(self, *_: object) -> list[Any]:
        self.asked += 1
        if self.asked == 1:
            raise OSError("database is locked")
        self.answered.set()
        return []


async def ends_well(work: Any, records: Troubled) -> None:
    task = asyncio.create_task(work)
    async with asyncio.timeout(10):
        await records.answered.wait()
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])


async def test_campaigns_go_on() -> None:
    running, clock, unused = Troubled(), Moment(), SimpleNamespace()
    records = SimpleNamespace(campaigns=SimpleNamespace(running=running))
    service = CampaignService(records, unused, clock, unused)  # type: ignore[arg-type] # only what it asks for
    await ends_well(service.run(), running)


async def test_the_watch_takes_up_what_was_open_once_the_records_answer() -> None:
    operators, unused = Troubled(), SimpleNamespace()
    parts: Any = dict.fromkeys(("network", "works", "push", "store", "thresholds"), unused)
    kept: Any = SimpleNamespace(operators=operators)
    watch = IncidentWatch(**parts, kept=kept, events=NetworkEvents(unused), clock=Moment())
    await ends_well(watch.run(), operators)
