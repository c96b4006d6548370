"""Two processes that a test kills: the one that keeps incidents, and the one that sends what their operators are told.

``python -m tests.tmf.killed watch URL`` prints the number of each incident that it has kept, opened then closed;
``python -m tests.tmf.killed send URL`` delivers the outbox for ever.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from itertools import count

from api.clock import WallTime
from api.services.incident_push import IncidentPush
from api.services.webhooks import WebhookSender
from domain.clock import WallClock
from domain.incidents import Incident, Kind, State
from domain.secret import Secret
from storage.records import Records
from tests.tmf.world_incidents import change, incident

FIRST = 0x100


async def watch(records: Records) -> None:
    """Keep incidents that touch the access of the example, one after the other, as the watch does."""
    clock = WallTime()
    push = IncidentPush(records.accesses, records.incidents, records.webhooks, clock)
    for rank in count(FIRST):
        now = clock.now()
        one = replace(incident(), number=f"INC-190509-{rank:06X}", since=now, opened_at=now, updated_at=now)
        ended = replace(one, state=State.CLOSED, closed_at=now, down=0, back=17)
        moments: tuple[tuple[Incident, Kind], ...] = ((one, Kind.OPENED), (ended, Kind.CLOSED))
        for each, kind in moments:
            changes = [change(each, kind)]
            news = await push.news("OI", [each], changes, frozenset({each.number}))
            await records.incidents.keep("OI", [each], changes, news)
        print(one.number, flush=True)  # noqa: T201 - the test reads it


async def send(records: Records) -> None:
    """Deliver the outbox."""
    await WebhookSender(records.webhooks, WallTime(), insecure=True).run()


async def main(what: str, url: str) -> None:
    """Do one of both until killed."""
    async with Records.opened(url, lambda *_: Secret("unused"), WallClock()) as records:
        await {"watch": watch, "send": send}[what](records)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
