"""A box behind NAT is called over UDP, through the binding that it keeps open with our STUN server (TR-069 annex G)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from collectors.boxes import stun
from collectors.boxes.app import AcsApp, acs_app
from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.server import AcsServer
from collectors.boxes.settings import AcsSettings
from collectors.boxes.stun import StunServer, parse, request_of, write
from domain.box import ConnectionRequest
from domain.box_actions import BoxOutcome, GetValues
from domain.clock import WallClock
from domain.metrics import box as m
from domain.secret import Secret
from domain.states import Reach
from simulators.cwmp_box.manners import Shares
from simulators.cwmp_box.park import Park, ParkOptions, park
from simulators.cwmp_box.stun import CallGate
from tests.collectors.boxes_support import DEVICE, IGD, KEY, LOOPBACK, MemoryStore, until
from tests.collectors.test_boxes_park import _all_known

LOCAL = ("127.0.0.1", 4000)


@dataclass
class Site:
    app: AcsApp
    store: MemoryStore
    server: StunServer
    live: Park


@asynccontextmanager
async def behind_nat(boxes: int = 1, *, stun_on: bool = True) -> AsyncIterator[Site]:
    """Boxes that refuse every connection, after their first contact; with a STUN server they told it where they are."""
    store = MemoryStore()
    async with StunServer(BoxCredentials(KEY), WallClock(), "127.0.0.1") as server:
        place = ("127.0.0.1", server.port) if stun_on else None
        app = acs_app(store, WallClock(), KEY, LOOPBACK, AcsSettings(stun=place, call_retry_s=0.05))
        app.gateway.udp = server if stun_on else None
        async with AcsServer(app, "127.0.0.1", 0) as acs:
            options = ParkOptions(boxes, f"http://127.0.0.1:{acs.port}/", shares=Shares(nat=1.0), tr181=0.5)
            async with park(options) as live:
                _all_known(store, live)
                (plant,), (fleet,) = live.plants, live.fleets
                for ont in plant.state.boxes:
                    await fleet.bootstrap(ont)
                if stun_on:
                    await until(lambda: len(server.bindings) == boxes)
                for ont in plant.state.boxes:
                    await asyncio.wait_for(fleet.wait_informed(ont), 10)
                await until(lambda: not app.stats.open_sessions)
                yield Site(app, store, server, live)


@pytest.mark.parametrize("boxes", [1, 12])
async def test_a_box_behind_nat_is_read_live_through_its_binding(boxes: int) -> None:
    async with behind_nat(boxes) as site:
        for known in list(site.store.boxes.values()):
            read = await site.app.gateway.read(known, 5)
            assert read.readings.value(m.BOX_REACH) is Reach.ANSWERED
        assert site.app.stats.calls_udp == boxes


async def test_the_box_tells_that_its_address_changed_and_shows_where_it_is_seen() -> None:
    async with behind_nat() as site:
        (known,), (address,) = site.store.boxes.values(), site.server.bindings.values()
        assert any("4 VALUE CHANGE" in inform.events for inform in site.store.informs)
        root = next(name for name in site.store.informs[0].parameters if "ManagementServer" in name).partition(".")[0]
        names = tuple(f"{root}.ManagementServer.{name}" for name in ("UDPConnectionRequestAddress", "STUNPassword"))
        found = await site.app.actions.act(known, GetValues(names), "", 5)
        assert found.outcome is BoxOutcome.DONE
        assert [found.values[name] for name in names] == [f"{address[0]}:{address[1]}", ""]


async def test_a_box_seen_from_another_address_than_it_says_is_not_called_over_http_first() -> None:
    async with behind_nat() as site:
        (known,) = site.store.boxes.values()
        assert known.connection is not None
        object.__setattr__(known.connection, "url", "http://192.168.1.1:7547/abc")
        assert site.server.elsewhere(known.device, known.connection.url)
        done = await site.app.actions.act(known, GetValues((IGD,)), "", 5)
        assert done.outcome in (BoxOutcome.DONE, BoxOutcome.FAILED)  # TR-181 boxes have no such root
        assert (site.app.stats.calls_udp, site.app.stats.calls_failed) == (1, 0)


async def test_without_a_stun_server_a_box_behind_nat_waits_for_its_next_inform_and_is_told_so() -> None:
    said: list[str] = []
    async with behind_nat(stun_on=False) as site:
        (known,) = site.store.boxes.values()
        known = replace(known, readings=site.store.observations[-1])
        late = await site.app.actions.act(known, GetValues(("x",)), "", 0.3, said.append)
        assert late.outcome is BoxOutcome.NOT_SENT
        assert said == [late.message]
        assert late.message == "attend le prochain Inform (au plus 3600 s)"


async def test_a_box_that_never_answers_a_datagram_is_not_said_to_be_silent() -> None:
    async with behind_nat() as site:
        (known,) = site.store.boxes.values()
        site.server.bindings[str(known.device)] = ("127.0.0.1", 9)  # what its NAT forgot
        read = await site.app.gateway.read(known, 0.2)
        assert read.readings.value(m.BOX_REACH) is None
        assert read.sources[0].reason is not None


class Asker(asyncio.DatagramProtocol):
    """Sends datagrams and keeps the answers."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.append(data)


@asynccontextmanager
async def asking() -> AsyncIterator[tuple[StunServer, Asker, asyncio.DatagramTransport]]:
    async with StunServer(BoxCredentials(KEY), WallClock(), "127.0.0.1") as server:
        loop = asyncio.get_running_loop()
        transport, asker = await loop.create_datagram_endpoint(Asker, remote_addr=("127.0.0.1", server.port))
        try:
            yield server, asker, transport
        finally:
            transport.close()


_FOR_CALLS = (0xC001, b"dslforum.org/TR-111 ")


@pytest.mark.parametrize("transaction", [bytes(range(7, 23)), bytes.fromhex("2112a442") + bytes(range(12))])
async def test_only_a_box_that_proves_its_secret_is_remembered_by_both_ways_of_signing(transaction: bytes) -> None:
    name = (0x0006, str(DEVICE).encode())
    secret = BoxCredentials(KEY).stun(str(DEVICE)).reveal().encode()
    async with asking() as (server, asker, transport):
        for key in (None, b"guessed"):
            transport.sendto(write(1, transaction, [_FOR_CALLS, name], key))
        await until(lambda: len(asker.heard) == 2)
        assert [answer[:2] for answer in asker.heard] == [b"\x01\x11"] * 2
        assert not server.bindings
        transport.sendto(write(1, transaction, [_FOR_CALLS, name], secret))
        await until(lambda: len(asker.heard) == 3)
        answer = parse(asker.heard[2])
        assert answer is not None
        assert (answer.kind, answer.transaction, answer.signed_with(secret)) == (0x0101, transaction, True)
        port = transport.get_extra_info("sockname")[1]
        assert server.bindings == {str(DEVICE): ("127.0.0.1", port)}
        assert answer.attributes[1] == b"\x00\x01" + port.to_bytes(2, "big") + b"\x7f\x00\x00\x01"
        assert (0x0020 in answer.attributes) is transaction.startswith(b"\x21\x12")


async def test_who_only_asks_where_it_is_seen_from_is_answered_and_not_remembered() -> None:
    async with asking() as (server, asker, transport):
        transport.sendto(write(1, bytes(16), []))
        await until(lambda: asker.heard)
        assert asker.heard[0][:2] == b"\x01\x01"
        assert not server.bindings


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"GET / HTTP/1.1",
        bytes(19),
        b"\x00\x01\x00\x08" + bytes(16),
        b"\x00\x01\x00\x04" + bytes(16) + b"\x00\x06\xff\xff",
        b"\xff" * 40,
        write(1, bytes(16), [(n, b"") for n in range(200)]),
        write(0x0101, bytes(16), []),
    ],
)
async def test_rubbish_is_not_answered(rubbish: bytes) -> None:
    async with asking() as (server, asker, transport):
        transport.sendto(rubbish)
        transport.sendto(write(1, bytes(16), []))
        await until(lambda: asker.heard)
        assert len(asker.heard) == 1
        assert not server.bindings


async def test_what_follows_the_signature_of_a_request_does_not_count() -> None:
    secret = BoxCredentials(KEY).stun(str(DEVICE)).reveal().encode()
    signed = write(1, bytes(16), [(0x0006, str(DEVICE).encode())], secret)
    extra = b"\xc0\x01\x00\x00"
    longer = signed[:2] + (int.from_bytes(signed[2:4], "big") + len(extra)).to_bytes(2, "big") + signed[4:] + extra
    async with asking() as (server, asker, transport):
        transport.sendto(longer)
        await until(lambda: asker.heard)
        assert not server.bindings


def test_a_call_is_signed_with_the_password_of_the_box_and_counts_once() -> None:
    connection = ConnectionRequest("http://10.0.0.1/", "D8D775-A", Secret("its password"))
    first, second = (request_of(connection, LOCAL, 1_000, number) for number in (1, 2))
    older = request_of(connection, LOCAL, 999, 3)
    gate = CallGate()
    admitted = [gate.admits(one, "D8D775-A", "its password") for one in (first, first, second, older, b"", b"\xff\x00")]
    assert admitted == [True, False, True, False, False, False]
    assert not CallGate().admits(first, "D8D775-A", "another")
    assert not CallGate().admits(first, "D8D775-B", "its password")
    assert not CallGate().admits(first.replace(b"id=1", b"id=7"), "D8D775-A", "its password")
    assert b"its password" not in first


def test_the_box_is_given_what_it_needs_and_its_secret_is_never_shown() -> None:
    given = stun.settings_of(f"{IGD}ManagementServer.", BoxCredentials(KEY), DEVICE, ("192.0.2.1", 3478))
    assert given.values[f"{IGD}ManagementServer.STUNServerAddress"] == "192.0.2.1"
    assert given.types[f"{IGD}ManagementServer.STUNMaximumKeepAlivePeriod"] == "int"
    assert BoxCredentials(KEY).stun(str(DEVICE)).reveal() not in repr(given)
