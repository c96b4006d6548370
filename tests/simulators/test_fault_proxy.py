"""The proxy harms what it is told to, no more, and the same way for the same seed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from simulators.fault_proxy import FaultProxy, Harm

Reply = Callable[[bytes], bytes | None]


class Window(asyncio.DatagramProtocol):
    """Answers each datagram with itself."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # it is one of datagrams
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.append(data)
        self.transport.sendto(data, addr)


@asynccontextmanager
async def site(
    requests: Harm | None = None, replies: Harm | None = None, seed: int = 1
) -> AsyncIterator[tuple[FaultProxy, Window]]:
    loop = asyncio.get_running_loop()
    transport, window = await loop.create_datagram_endpoint(Window, local_addr=("127.0.0.1", 0))
    try:
        async with FaultProxy(
            transport.get_extra_info("sockname"), requests=requests, replies=replies, seed=seed
        ) as proxy:
            yield proxy, window
    finally:
        transport.close()


class Caller:
    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect(("127.0.0.1", port))

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    async def exchange(self, count: int, wait_s: float = 0.1) -> list[bytes]:
        """Send so many datagrams; those that came back once nothing has come for ``wait_s``."""
        loop, found = asyncio.get_running_loop(), []
        for number in range(count):
            await loop.sock_sendall(self.socket, b"%04d" % number + b"." * 96)
        while True:
            try:
                async with asyncio.timeout(wait_s):
                    found.append(await loop.sock_recv(self.socket, 65535))
            except TimeoutError:
                return found


async def test_without_harm_all_passes_in_order_for_each_client() -> None:
    async with site() as (proxy, window):
        with Caller(proxy.port) as one, Caller(proxy.port) as two:
            for caller in (one, two):
                assert [data[:4] for data in await caller.exchange(20)] == [b"%04d" % n for n in range(20)]
        assert len(window.heard) == 40
        assert proxy.counts.passed == 80


async def test_losses_and_duplicates_are_those_of_the_seed() -> None:
    seen = []
    for seed in (3, 3, 4):
        async with site(Harm(loss=0.2, duplicates=0.2), seed=seed) as (proxy, window):
            with Caller(proxy.port) as one:
                await one.exchange(200)
            assert 15 <= proxy.counts.lost <= 70
            assert len(window.heard) == 200 - proxy.counts.lost + proxy.counts.duplicated
            seen.append([data[:4] for data in window.heard])
    assert seen[0] == seen[1] != seen[2]


async def test_delay_and_order() -> None:
    loop = asyncio.get_running_loop()
    async with site(Harm(delay_s=0.03), Harm(reordered=0.3, reorder_s=0.02)) as (proxy, _):
        with Caller(proxy.port) as one:
            began = loop.time()
            found = await one.exchange(40)
            assert loop.time() - began >= 0.03
    assert sorted(found) != found
    assert len(found) == 40


async def test_jitter_lets_some_overtake_others() -> None:
    async with site(replies=Harm(jitter_s=0.03)) as (proxy, _):
        with Caller(proxy.port) as one:
            found = await one.exchange(40)
    assert len(found) == 40
    assert sorted(found) != found


async def test_truncated_datagrams_are_beginnings() -> None:
    async with site(replies=Harm(truncated=1.0)) as (proxy, window):
        with Caller(proxy.port) as one:
            found = await one.exchange(20)
    assert len(found) == 20
    assert all(len(data) < 100 and any(whole.startswith(data) for whole in window.heard) for data in found)


async def test_harm_is_switched_while_it_runs() -> None:
    async with site(Harm(loss=1.0)) as (proxy, _):
        with Caller(proxy.port) as one:
            assert await one.exchange(5) == []
            proxy.requests = Harm()
            assert len(await one.exchange(5)) == 5


def test_a_share_is_between_0_and_1() -> None:
    for wrong in ({"loss": 1.1}, {"truncated": -0.1}, {"delay_s": -1.0}):
        with pytest.raises(ValueError, match="between"):
            Harm(**wrong)
