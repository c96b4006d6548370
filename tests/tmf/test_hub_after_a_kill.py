"""The service is killed as it keeps incidents and as it tells of them: each event arrives once in effect, in order."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from domain.announcement import AnnouncementKind
from tests.api.test_webhooks import Receiver
from tests.tmf.world import AGENT
from tests.web.world import World

ROOT = Path(__file__).resolve().parents[2]
KEPT, KILLS = 12, 2


class Listener(Receiver):
    """A signalling system with hubs, which drops what it has had."""

    def _effect(self, headers: dict[str, str], body: bytes) -> None:
        if headers["webhook-id"] not in self.seen:
            self.seen.add(headers["webhook-id"])
            event = json.loads(body)
            ((name, document),) = event["event"].items()
            self.effects[f"{name} {document['id']}"].append(event["eventType"])


@asynccontextmanager
async def process(what: str, url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """One process of the service, killed at the end of the block without a word of warning."""
    found = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.tmf.killed", what, url), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield found
    finally:
        found.send_signal(signal.SIGKILL)
        await found.wait()


async def posted(receiver: Receiver, several: int) -> None:
    """Return once the receiver has had that many requests."""
    receiver.wanted = several
    receiver.enough.clear()
    if len(receiver.posts) < several:
        await receiver.enough.wait()


async def test_a_kill_loses_no_event_of_an_incident_and_none_arrives_twice_in_effect(world: World) -> None:
    url = world.service.settings.database_url
    receiver = Listener()
    await receiver.start()
    kinds = frozenset({AnnouncementKind.TMF656}), frozenset({AnnouncementKind.TMF642})
    for kind in kinds:
        await world.service.webhooks.add(AGENT, f"http://127.0.0.1:{receiver.port}/si", kind)

    async with asyncio.timeout(60), process("watch", url) as watching:
        assert watching.stdout is not None
        for _ in range(KEPT):
            await watching.stdout.readline()
    kept = await world.service.records.incidents.list(["OI"], limit=10_000)
    assert len(kept) >= KEPT
    expected = {
        one.number: ["Create", "StateChange"] if one.closed_at is not None else ["Create"] for one in kept
    }  # the last one may have been killed between its start and its end: never with an incident and no event
    wanted = 2 * sum(len(events) for events in expected.values())

    for kill in range(1, KILLS + 1):
        async with asyncio.timeout(60), process("send", url):
            await posted(receiver, len(receiver.posts) + min(5 * kill, wanted - len(receiver.seen)))
    async with asyncio.timeout(60), process("send", url):
        while len(receiver.seen) < wanted:
            await posted(receiver, len(receiver.posts) + 1)
    await receiver.stop()

    heard: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for key, events in receiver.effects.items():
        name, number = key.split()
        heard[name][number] = [one.removeprefix("ServiceProblem").removeprefix("Alarm") for one in events]
    assert heard["serviceProblem"] == {
        number: [f"{what}Event" for what in events] for number, events in expected.items()
    }
    assert sorted(map(len, heard["alarm"].values())) == sorted(map(len, expected.values()))
    assert len(receiver.posts) >= wanted
