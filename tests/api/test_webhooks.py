"""A signalling system that is down, answers 500, answers twice or is slow: each result arrives once, in order."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.services import webhooks as module
from api.services.announcing import announcement
from api.services.webhooks import WebhookSender, delay_after, public
from domain.announcement import AnnouncementKind
from domain.identifiers import Id1
from domain.principal import Principal
from simulators.streams import StreamServer
from tests.web import golden
from tests.web.world import ADMINISTRATOR, STRANGER, SUPPORT, World, opened

OK = b"HTTP/1.1 204 No Content\r\n\r\n"
BROKEN = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\nno"


@dataclass(slots=True)
class Receiver:
    """A signalling system: a real HTTP server that keeps what it accepts once, by event identifier."""

    port: int = 0
    answers: list[bytes] = field(default_factory=list)
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    effects: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seen: set[str] = field(default_factory=set)
    silent: bool = False
    wanted: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    _server: StreamServer | None = None

    async def start(self) -> None:
        self._server = StreamServer(self._serve, "127.0.0.1", self.port)
        self.port = await self._server.open()

    async def stop(self) -> None:
        assert self._server is not None
        await self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.decode().split("\r\n")[1:-2]
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.posts.append((headers, body))
            if len(self.posts) >= self.wanted:
                self.enough.set()
            if self.silent:  # it did take the event: the sender cannot know
                self._effect(headers, body)
                await asyncio.Event().wait()
            answer = self.answers.pop(0) if self.answers else OK
            if not answer.startswith(BROKEN[:12]):
                self._effect(headers, body)
            writer.write(answer)
            await writer.drain()

    def _effect(self, headers: dict[str, str], body: bytes) -> None:
        if headers["webhook-id"] not in self.seen:
            self.seen.add(headers["webhook-id"])
            event = json.loads(body)
            self.effects[event["data"]["access"]].append(f"{event['data']['number']} {event['data']['state']}")


@dataclass(slots=True)
class Site:
    """The application, a receiver and what sends to it."""

    world: World
    receiver: Receiver
    sender: WebhookSender
    webhook: dict[str, Any]

    async def settle(self, rounds: int = 200) -> None:
        """Send until nothing is due."""
        for _ in range(rounds):
            if not await self.sender.once():
                return
        raise AssertionError("it never settles")

    async def tell(self, id1: str, number: int, state: str) -> None:
        data = {"access": id1, "number": number, "state": state}
        event = announcement(AnnouncementKind.DIAGNOSIS, id1, self.world.clock.now(), data)
        await self.world.service.records.webhooks.announce(SUPPORT, [event])


def api(world: World, who: Principal) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {world.tokens[f'{who.operator_id}/{who.account}']}"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app), base_url="http://sav.test/api/v1", headers=headers
    )


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(opened(tmp_path, monkeypatch))
        receiver = Receiver()
        await receiver.start()
        stack.push_async_callback(receiver.stop)
        sender = WebhookSender(world.service.records.webhooks, world.clock, insecure=True)
        stack.push_async_callback(sender.close)
        async with api(world, ADMINISTRATOR) as client:
            made = await client.post("/webhooks", json={"url": f"http://127.0.0.1:{receiver.port}/sav"})
        yield Site(world, receiver, sender, made.json())


async def test_a_diagnosis_tells_its_states_with_the_verdict_and_no_secret(site: Site) -> None:
    site.world.line.go.set()
    async with api(site.world, SUPPORT) as client:
        number = (await client.post("/accesses/F00000015/diagnostics", json={"test": "Diagnostic global"})).json()
    await site.world.service.diagnoses.ended(SUPPORT, module_number(number), 20)
    await site.settle()
    assert site.receiver.effects["F00000015"] == [f"{number['number']} En cours", f"{number['number']} Terminé"]
    last = json.loads(site.receiver.posts[-1][1])
    assert last["type"] == "diagnosis.state"
    assert last["data"]["verdict"]["family"] == "OK_SESSION_INACTIVE"
    assert last["data"]["blocks"][0]["title"] == "Diagnostic DELC"
    assert golden.PASSWORD not in site.receiver.posts[-1][1].decode()


def module_number(answer: dict[str, Any]) -> Any:
    from domain.identifiers import DiagnosisNumber

    return DiagnosisNumber(answer["number"])


async def test_each_event_is_signed_under_a_named_key_and_dated(site: Site) -> None:
    await site.tell("F00000015", 1, "Terminé")
    await site.settle()
    headers, body = site.receiver.posts[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(site.webhook["secret"])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-key-id"] == site.webhook["key_id"]
    assert headers["webhook-timestamp"] == str(int(golden.NOW.timestamp()))
    assert json.loads(body)["id"] == headers["webhook-id"]


async def test_a_receiver_down_for_an_hour_gets_everything_once_and_in_order(site: Site) -> None:
    await site.receiver.stop()
    for minute in range(60):
        for id1 in ("F00000015", "F00000016"):
            await site.tell(id1, minute, "Terminé")
        await site.sender.once()
        site.world.clock.instant += timedelta(minutes=1)
    assert site.receiver.posts == []
    await site.receiver.start()
    site.world.clock.instant += timedelta(minutes=30)
    await site.settle()
    wanted = [f"{minute} Terminé" for minute in range(60)]
    assert dict(site.receiver.effects) == {"F00000015": wanted, "F00000016": wanted}


async def test_what_follows_a_failed_event_waits_for_it(site: Site) -> None:
    site.receiver.answers = [BROKEN]
    await site.tell("F00000015", 1, "En cours")
    await site.tell("F00000015", 1, "Terminé")
    await site.settle()
    assert len(site.receiver.posts) == 1
    site.world.clock.instant += delay_after(1)
    await site.settle()
    assert site.receiver.effects["F00000015"] == ["1 En cours", "1 Terminé"]
    assert [headers["webhook-attempt"] for headers, _ in site.receiver.posts] == ["1", "2", "1"]


async def test_a_lane_in_trouble_does_not_hold_the_other_accesses(site: Site) -> None:
    site.receiver.answers = [BROKEN]
    await site.tell("F00000015", 1, "Terminé")
    await site.sender.once()
    await site.tell("F00000016", 2, "Terminé")
    await site.settle()
    assert dict(site.receiver.effects) == {"F00000016": ["2 Terminé"]}


async def test_a_receiver_that_answers_twice_gets_each_event_once(site: Site) -> None:
    site.receiver.answers = [OK + OK] * 5
    for number in range(5):
        await site.tell("F00000015", number, "Terminé")
    for _ in range(20):
        await site.settle()
        site.world.clock.instant += timedelta(minutes=31)
    assert site.receiver.effects["F00000015"] == [f"{number} Terminé" for number in range(5)]
    assert len({headers["webhook-id"] for headers, _ in site.receiver.posts}) == 5


async def test_a_slow_receiver_gets_the_same_event_again_under_the_same_identifier(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.3)
    site.receiver.silent = True
    await site.tell("F00000015", 1, "Terminé")
    await site.tell("F00000015", 2, "Terminé")
    await site.sender.once()
    site.receiver.silent = False
    site.world.clock.instant += delay_after(1)
    await site.settle()
    identifiers = [headers["webhook-id"] for headers, _ in site.receiver.posts]
    assert identifiers[0] == identifiers[1]
    assert site.receiver.effects["F00000015"] == ["1 Terminé", "2 Terminé"]


async def test_after_24_hours_it_is_a_dead_letter_that_is_seen_and_replayed(site: Site) -> None:
    await site.receiver.stop()
    await site.tell("F00000015", 1, "Terminé")
    for _ in range(24 * 12 + 1):
        await site.sender.once()
        site.world.clock.instant += timedelta(minutes=5)
    await site.receiver.start()
    base = f"/webhooks/{site.webhook['webhook_id']}/deliveries"
    async with api(site.world, ADMINISTRATOR) as client:
        (dead,) = (await client.get(base, params={"state": "dead"})).json()
        assert dead["attempts"] > 40
        assert dead["error"] == "ConnectError"
        await site.settle()
        assert site.receiver.posts == []
        assert (await client.post(f"{base}/replay")).json() == {"replayed": 1}
        await site.settle()
        assert (await client.get(base, params={"state": "dead"})).json() == []
    assert site.receiver.effects["F00000015"] == ["1 Terminé"]


async def test_replaying_a_delivered_event_changes_nothing_for_who_drops_what_he_has_had(site: Site) -> None:
    await site.tell("F00000015", 1, "Terminé")
    await site.settle()
    base = f"/webhooks/{site.webhook['webhook_id']}/deliveries"
    async with api(site.world, ADMINISTRATOR) as client:
        (one,) = (await client.get(base)).json()
        await client.post(f"{base}/{one['delivery_id']}/replay")
    await site.settle()
    assert len(site.receiver.posts) == 2
    assert site.receiver.effects["F00000015"] == ["1 Terminé"]


async def test_delays_double_up_to_half_an_hour() -> None:
    assert [delay_after(n).total_seconds() for n in (1, 2, 3, 9, 10, 60)] == [5, 10, 20, 1280, 1800, 1800]


async def test_an_address_that_is_not_https_or_carries_a_password_is_refused(site: Site) -> None:
    async with api(site.world, ADMINISTRATOR) as client:
        for url in ("ftp://a.example/", "https://u:p@a.example/", "https:///x", "x", "https://a.example:0/"):
            answer = await client.post("/webhooks", json={"url": url})
            assert answer.status_code == 422, url
            assert "u:p" not in answer.text


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1%eth0", "224.0.0.1"])
def test_our_own_addresses_are_not_for_webhooks(address: str) -> None:
    assert not public(address)
    assert public("9.9.9.9")


async def test_outside_a_laboratory_a_name_that_leads_home_is_not_called(site: Site) -> None:
    async def home(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    strict = WebhookSender(
        site.world.service.records.webhooks,
        site.world.clock,
        insecure=False,
        resolver=home,
    )
    await site.tell("F00000015", 1, "Terminé")
    await strict.once()
    await strict.close()
    assert site.receiver.posts == []
    async with api(site.world, ADMINISTRATOR) as client:
        (one,) = (await client.get(f"/webhooks/{site.webhook['webhook_id']}/deliveries")).json()
    assert one["error"] == "private address"


async def test_another_operator_hears_nothing_and_sees_nothing(site: Site) -> None:
    await site.world.service.records.webhooks.announce(
        STRANGER,
        [
            announcement(
                AnnouncementKind.DIAGNOSIS, str(Id1("F00000099")), site.world.clock.now(), {"access": "F00000099"}
            )
        ],
    )
    await site.settle()
    assert site.receiver.posts == []


async def test_the_secret_is_shown_once_and_a_new_one_has_a_new_name(site: Site) -> None:
    async with api(site.world, ADMINISTRATOR) as client:
        listed = await client.get("/webhooks")
        assert site.webhook["secret"] not in listed.text
        changed = (await client.post(f"/webhooks/{site.webhook['webhook_id']}/secret")).json()
    assert changed["secret"] != site.webhook["secret"]
    assert changed["key_id"] != site.webhook["key_id"]


async def test_of_a_webhook_that_was_disabled_nothing_is_changed_nor_sent(site: Site) -> None:
    address = f"/webhooks/{site.webhook['webhook_id']}"
    async with api(site.world, ADMINISTRATOR) as client:
        assert (await client.delete(address)).status_code == 204
        refused = [await client.post(f"{address}/{what}") for what in ("secret", "test")]
        assert [one.status_code for one in refused] == [409, 409]
        assert "désactivé" in refused[0].json()["detail"]
        assert (await client.get(f"{address}/deliveries")).status_code == 200
    await site.settle()
    assert site.receiver.posts == []
