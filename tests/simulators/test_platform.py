"""The plant's Internet platform does what its plant says: over real sockets, in octets written here from the RFCs."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator
from typing import Any

import dns.asyncquery
import dns.exception
import dns.message
import pytest
import pytest_asyncio

from simulators.control import ControlClient
from simulators.platform.window import PARTS
from simulators.run import DEMO_PLANT, RunningPlant, RunOptions, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
ACCESS = "F00000016"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live() -> AsyncIterator[RunningPlant]:
    async with running(DEMO_PLANT, RunOptions(windows=frozenset({"platform", "control"}))) as plant:
        yield plant


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def repaired(live: RunningPlant) -> AsyncIterator[None]:
    yield
    await _call(live, "repair", fault="all")


async def _call(live: RunningPlant, command: str, **arguments: Any) -> Any:
    return await ControlClient(*live.addresses["control"]).call(command, **arguments)


async def _status(live: RunningPlant, secret: str) -> bytes | None:
    """Send a Status-Server (RFC 5997 3); the answer within half a second."""
    vector = bytes(range(16))
    blank = bytes([12, 7, 0, 38]) + vector + bytes([80, 18]) + bytes(16)
    proof = hmac.new(secret.encode(), blank, "md5").digest()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setblocking(False)
        asking.connect(live.addresses["radius-status"])
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(asking, blank[:22] + proof)
        try:
            async with asyncio.timeout(0.5):
                return await loop.sock_recv(asking, 100)
        except TimeoutError:
            return None


async def test_the_radius_server_answers_who_shares_its_secret_while_it_is_up(live: RunningPlant) -> None:
    secret = live.plant.description.credentials.radius_secret
    answer = await _status(live, secret)
    assert answer is not None
    signed = hashlib.md5(answer[:4] + bytes(range(16)) + secret.encode(), usedforsecurity=False).digest()
    assert (answer[0], answer[1], answer[4:20]) == (2, 7, signed)
    assert await _status(live, "another") is None
    await _call(live, "fault", kind="radius-unreachable", target="platform")
    assert await _status(live, secret) is None


async def test_the_name_servers_resolve_until_they_are_down(live: RunningPlant) -> None:
    query = dns.message.make_query("portail.example", "A")
    for name in ("resolver-1", "resolver-2"):
        host, port = live.addresses[name]
        reply = await dns.asyncquery.udp(query, host, port=port, timeout=2)
        assert str(reply.answer[0][0]) == "203.0.113.80"
    await _call(live, "fault", kind="dns-platform", target="platform")
    with pytest.raises(dns.exception.Timeout):
        await dns.asyncquery.udp(query, host, port=port, timeout=0.3)


async def _through(live: RunningPlant, subscriber: str, part: str, password: str | None = None) -> bytes:
    """What the relay answers to a CONNECT in a subscriber's place; empty when it says nothing for 0.3 s."""
    secret = (password or live.plant.description.credentials.radius_secret).encode()
    reader, writer = await asyncio.open_connection(*live.addresses["relay"])
    try:
        writer.write(b"\x05\x01\x02")
        assert await reader.readexactly(2) == b"\x05\x02"
        user = subscriber.encode()
        writer.write(bytes([1, len(user)]) + user + bytes([len(secret)]) + secret)
        if await reader.readexactly(2) != b"\x01\x00":
            return b"unknown"
        host, port = live.addresses[part]
        writer.write(b"\x05\x01\x00\x01" + socket.inet_aton(host) + port.to_bytes(2, "big"))
        try:
            async with asyncio.timeout(0.3):
                return await reader.readexactly(10)
        except TimeoutError:
            return b""
    finally:
        writer.close()
        await writer.wait_closed()


async def test_the_relay_meets_the_filter_of_the_subscriber_alone(live: RunningPlant) -> None:
    boxes = (await _call(live, "state", ont=ACCESS), await _call(live, "state", ont="F00000015"))
    names = [str(one["ont"]["name"]) for one in boxes]
    mine, other = ((box.wan_ip or "") for box in live.plant.state.boxes.values() if str(box.ont) in names)
    if str(next(b.ont for b in live.plant.state.boxes.values() if b.wan_ip == mine)) != names[0]:
        mine, other = other, mine
    assert (await _through(live, mine, "tcp-443"))[:2] == b"\x05\x00"
    await _call(live, "fault", kind="blocked-flow", target=ACCESS)
    assert await _through(live, mine, "tcp-443") == b""
    assert (await _through(live, mine, "tcp-587"))[:2] == b"\x05\x00"
    assert (await _through(live, other, "tcp-443"))[:2] == b"\x05\x00"
    assert await _through(live, "192.0.2.200", "tcp-443") == b"unknown"
    assert await _through(live, mine, "tcp-443", password="wrong") == b"unknown"


async def test_mail_servers_speak_first(live: RunningPlant) -> None:
    for part, said in (("tcp-25", b"220 "), ("tcp-587", b"220 ")):
        reader, writer = await asyncio.open_connection(*live.addresses[part])
        assert (await reader.readexactly(4)) == said
        writer.close()
        await writer.wait_closed()


async def test_its_parts_have_ports_of_their_own_or_follow_one_another(live: RunningPlant) -> None:
    assert set(PARTS) <= set(live.addresses)
    with socket.socket() as free:
        free.bind(("127.0.0.7", 0))
        first = free.getsockname()[1]
    first = min(first, 65_000)
    options = RunOptions(host="127.0.0.7", windows=frozenset({"platform"}), platform_port=first)
    async with running(DEMO_PLANT, options) as fixed:
        assert [fixed.addresses[name][1] for name in PARTS] == list(range(first, first + len(PARTS)))
