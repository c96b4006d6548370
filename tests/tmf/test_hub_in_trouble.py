"""Hubs of a system that is down, answers 500, answers twice or is slow: each event once in effect, in order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from api.services import webhooks as module
from api.services.webhooks import WebhookSender, delay_after
from api.tmf.kernel.notifying import event
from domain.announcement import AnnouncementKind
from tests.api.test_webhooks import BROKEN, OK, Receiver, api
from tests.tmf.world import AGENT, client
from tests.web.world import SUPPORT, World

BASE = "serviceTestManagement/v4"
LINES = ("F00000015", "F00000016")


class Listener(Receiver):
    """A signalling system that drops the events that it has had, by their identifier."""

    def _effect(self, headers: dict[str, str], body: bytes) -> None:
        told = json.loads(body)
        assert told["eventId"] == headers["webhook-id"]
        if told["eventId"] not in self.seen:
            self.seen.add(told["eventId"])
            test = told["event"]["serviceTest"]
            self.effects[test["relatedService"]["id"]].append(test["id"])


@dataclass(slots=True)
class Site:
    """The application, a listener with a hub, and what sends to it."""

    world: World
    receiver: Listener
    sender: WebhookSender
    hub: str

    async def tell(self, line: str, number: int) -> None:
        body: dict[str, Any] = {"id": str(number), "state": "completed", "relatedService": {"id": line}}
        now = self.world.clock.now()
        told = event(AnnouncementKind.TMF653, line, now, "ServiceTestStateChangeEvent", "serviceTest", body)
        await self.world.service.records.webhooks.announce(SUPPORT, [told])

    async def settle(self) -> None:
        for _ in range(300):
            if not await self.sender.once():
                return
        raise AssertionError("it never settles")


@pytest.fixture
async def site(world: World) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        receiver = Listener()
        await receiver.start()
        stack.push_async_callback(receiver.stop)
        sender = WebhookSender(world.service.records.webhooks, world.clock, insecure=True)
        stack.push_async_callback(sender.close)
        async with client(world, AGENT, BASE) as http:
            made = await http.post("/hub", json={"callback": f"http://127.0.0.1:{receiver.port}/si/"})
        yield Site(world, receiver, sender, made.json()["id"])


async def test_a_listener_down_for_an_hour_hears_everything_once_and_in_order(site: Site) -> None:
    await site.receiver.stop()
    for minute in range(60):
        for line in LINES:
            await site.tell(line, minute)
        await site.sender.once()
        site.world.clock.instant += timedelta(minutes=1)
    await site.receiver.start()
    site.world.clock.instant += timedelta(minutes=30)
    await site.settle()
    wanted = [str(minute) for minute in range(60)]
    assert dict(site.receiver.effects) == dict.fromkeys(LINES, wanted)


async def test_a_listener_that_answers_500_hears_again_before_anything_else_of_that_access(site: Site) -> None:
    site.receiver.answers = [BROKEN]
    await site.tell(LINES[0], 1)
    await site.sender.once()
    await site.tell(LINES[0], 2)
    await site.tell(LINES[1], 3)
    await site.settle()
    assert dict(site.receiver.effects) == {LINES[1]: ["3"]}
    site.world.clock.instant += delay_after(1)
    await site.settle()
    assert site.receiver.effects[LINES[0]] == ["1", "2"]


async def test_a_listener_that_answers_twice_hears_each_event_once(site: Site) -> None:
    site.receiver.answers = [OK + OK] * 5
    for number in range(5):
        await site.tell(LINES[0], number)
    for _ in range(10):
        await site.settle()
        site.world.clock.instant += timedelta(minutes=31)
    assert site.receiver.effects[LINES[0]] == ["0", "1", "2", "3", "4"]


async def test_a_slow_listener_hears_again_under_the_same_identifier(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.3)
    site.receiver.silent = True
    await site.tell(LINES[0], 1)
    await site.tell(LINES[0], 2)
    await site.sender.once()
    site.receiver.silent = False
    site.world.clock.instant += delay_after(1)
    await site.settle()
    first, again, *_ = [headers["webhook-id"] for headers, _ in site.receiver.posts]
    assert first == again
    assert site.receiver.effects[LINES[0]] == ["1", "2"]


async def test_what_a_hub_never_took_in_24_hours_is_seen_and_replayed(site: Site) -> None:
    await site.receiver.stop()
    await site.tell(LINES[0], 1)
    for _ in range(24 * 12 + 1):
        await site.sender.once()
        site.world.clock.instant += timedelta(minutes=5)
    await site.receiver.start()
    await site.tell(LINES[0], 2)
    await site.settle()  # the dead letter lets the next one pass
    deliveries = f"/webhooks/{site.hub}/deliveries"
    async with api(site.world, AGENT) as http:
        (dead,) = (await http.get(deliveries, params={"state": "dead"})).json()
        assert (dead["kind"], dead["error"]) == ("tmf653", "ConnectError")
        assert (await http.post(f"{deliveries}/replay")).json() == {"replayed": 1}
    await site.settle()
    assert site.receiver.effects[LINES[0]] == ["2", "1"]


async def test_the_events_of_a_hub_are_signed_by_the_secret_that_its_administrator_draws(site: Site) -> None:
    async with api(site.world, AGENT) as http:
        drawn = (await http.post(f"/webhooks/{site.hub}/secret")).json()
    await site.tell(LINES[0], 1)
    await site.settle()
    ((headers, body),) = site.receiver.posts
    assert headers["webhook-timestamp"] == str(int(site.world.clock.now().timestamp()))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(drawn["secret"]), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert headers["webhook-key-id"] == drawn["key_id"]


@pytest.mark.parametrize(
    ("query", "heard"),
    [
        ("", True),
        ("?eventType=ServiceTestStateChangeEvent", True),
        ("eventType=ServiceTestCreateEvent&eventType=ServiceTestStateChangeEvent", True),
        ("eventType=ServiceTestCreateEvent", False),
        ("serviceTest.relatedService.id=F00000015&serviceTest.state=completed", True),
        ("serviceTest.relatedService.id=F00000016", False),
        ("serviceTest.id>5", True),
        ("serviceTest.id<5", False),
    ],
)
async def test_a_hub_hears_what_its_query_names(world: World, query: str, heard: bool) -> None:
    receiver = Listener()
    await receiver.start()
    sender = WebhookSender(world.service.records.webhooks, world.clock, insecure=True)
    async with client(world, AGENT, BASE) as http:
        made = await http.post("/hub", json={"callback": f"http://127.0.0.1:{receiver.port}", "query": query})
    assert made.status_code == 201, made.text
    await Site(world, receiver, sender, made.json()["id"]).tell(LINES[0], 7)
    await sender.once()
    await sender.close()
    await receiver.stop()
    assert dict(receiver.effects) == ({LINES[0]: ["7"]} if heard else {})
