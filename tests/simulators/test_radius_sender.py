from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Self

import pytest
from pyrad.packet import AcctPacket

from domain.secret import Secret
from domain.states import PppStatus
from simulators.plant.state import EventKind
from simulators.radius import RadiusSender
from simulators.radius import client as radius_client
from simulators.radius.authlog import auth_line
from simulators.radius.packets import load_dictionary, terminate_cause
from tests.simulators.windows_plant import FIRST, SECOND, START, HandPlant, park, three_accesses

SECRET = "radius-secret"


class Receiver(asyncio.DatagramProtocol):
    """A UDP server; as an accounting server it checks each packet and acknowledges it."""

    def __init__(self, *, radius: bool) -> None:
        self.radius = radius
        self.datagrams: list[bytes] = []
        self.packets: list[AcctPacket] = []
        self.ignore = 0  # packets to leave without answer
        self.wrong = 0  # answers to sign with another secret
        self.port = 0
        self._dictionary = load_dictionary()
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()
        await asyncio.sleep(0)

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.datagrams.append(data)
        if self.radius:
            self._account(data, addr)
        task = asyncio.ensure_future(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _account(self, data: bytes, addr: Any) -> None:
        packet = AcctPacket(packet=data, secret=SECRET.encode(), dict=self._dictionary)
        assert packet.VerifyAcctRequest()
        self.packets.append(packet)
        if self.ignore:
            self.ignore -= 1
            return
        reply = packet.CreateReply()
        if self.wrong:
            self.wrong -= 1
            reply.secret = b"another"
        self._transport.sendto(reply.ReplyPacket(), addr)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def wait(self, count: int, timeout_s: float = 10) -> None:
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: len(self.datagrams) >= count)


@pytest.fixture
def plant() -> HandPlant:
    return HandPlant(three_accesses())


@pytest.fixture
async def acct() -> AsyncIterator[Receiver]:
    async with Receiver(radius=True) as receiver:
        yield receiver


@pytest.fixture
async def syslog() -> AsyncIterator[Receiver]:
    async with Receiver(radius=False) as receiver:
        yield receiver


def sender_of(plant: HandPlant, acct: Receiver, syslog: Receiver, **options: Any) -> RadiusSender:
    return RadiusSender(plant, acct.address, Secret(SECRET), syslog.address, **options)


async def acknowledged(sender: RadiusSender, count: int) -> None:
    async with asyncio.timeout(10):
        while sender.stats.acknowledged < count:  # noqa: ASYNC110 - a counter wakes nobody; the loop runs meanwhile
            await asyncio.sleep(0)


async def test_a_session_begins_and_ends_in_accounting(plant: HandPlant, acct: Receiver, syslog: Receiver) -> None:
    box, ont = plant.state.boxes[FIRST], plant.state.onts[FIRST]
    async with sender_of(plant, acct, syslog) as sender:
        plant.clock.advance(timedelta(seconds=1))
        box.session_id = "0000AB01"
        plant.emit(EventKind.PPP_UP, FIRST)
        await acknowledged(sender, 1)
        plant.clock.advance(timedelta(seconds=42))
        ont.bytes_down += 6_000_000_000
        ont.bytes_up += 1000
        plant.emit(EventKind.PPP_DOWN, FIRST, "0000AB01", "Lost-Carrier")
        await acknowledged(sender, 2)
    start, stop = acct.packets
    assert start["Acct-Status-Type"] == ["Start"]
    assert start["Acct-Session-Id"] == stop["Acct-Session-Id"] == ["0000AB01"]
    assert start["User-Name"] == ["fti00000@just.example"]
    assert start["Framed-IP-Address"] == ["100.64.0.1"]
    assert start["NAS-Identifier"] == ["lns1"]
    assert start["Event-Timestamp"] == [int(START.timestamp()) + 1]
    assert "Acct-Session-Time" not in start
    assert stop["Acct-Status-Type"] == ["Stop"]
    assert stop["Acct-Terminate-Cause"] == ["Lost-Carrier"]
    assert stop["Acct-Session-Time"] == [42]
    assert (stop["Acct-Input-Octets"], stop["Acct-Input-Gigawords"]) == ([1000], [0])
    assert (stop["Acct-Output-Octets"], stop["Acct-Output-Gigawords"]) == ([6_000_000_000 - 2**32], [1])
    assert stop["Event-Timestamp"] == [int(START.timestamp()) + 43]


async def test_open_sessions_are_told_within_the_interval(plant: HandPlant, acct: Receiver, syslog: Receiver) -> None:
    async with sender_of(plant, acct, syslog) as sender:
        assert sender.stats.sent == 0
        plant.clock.advance(timedelta(seconds=600))
        await acknowledged(sender, 2)
        plant.clock.advance(timedelta(days=3))  # many updates missed: one each
        await acknowledged(sender, 4)
    assert [packet["Acct-Status-Type"][0] for packet in acct.packets] == ["Interim-Update"] * 4
    sessions = [packet["Acct-Session-Id"][0] for packet in acct.packets]
    assert sorted(sessions[:2]) == sorted(sessions[2:]) == ["00000000", "00000001"]
    assert acct.packets[0]["Acct-Session-Time"] == [7200 + 600]


async def test_a_session_can_be_told_at_once(plant: HandPlant, acct: Receiver, syslog: Receiver) -> None:
    async with sender_of(plant, acct, syslog, announce=[SECOND]) as sender:
        await acknowledged(sender, 1)
        assert await sender.announce(FIRST) is True
        plant.state.boxes[FIRST].ppp_status = PppStatus.DISCONNECTED
        plant.emit(EventKind.PPP_DOWN, FIRST, "00000000", "invented cause")
        await acknowledged(sender, 3)
        assert await sender.announce(FIRST) is False
    assert [packet["Acct-Session-Id"][0] for packet in acct.packets] == ["00000001", "00000000", "00000000"]
    assert "Acct-Terminate-Cause" not in acct.packets[2]  # unknown is not told as something else


async def test_a_packet_without_answer_is_sent_again_unchanged(
    plant: HandPlant, acct: Receiver, syslog: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(radius_client, "_TIMEOUTS_S", (0.05, 0.05, 0.05))
    acct.ignore, acct.wrong = 1, 1
    async with sender_of(plant, acct, syslog) as sender:
        assert await sender.announce(FIRST) is True
        acct.ignore = 3
        assert await sender.announce(FIRST) is False
        stats = sender.stats
    assert acct.datagrams[0] == acct.datagrams[1] == acct.datagrams[2]
    assert acct.datagrams[3] != acct.datagrams[0]
    assert (stats.sent, stats.retransmitted, stats.acknowledged, stats.lost) == (6, 4, 1, 1)
    assert stats.malformed == 1  # the answer signed with another secret


async def test_a_park_after_a_jump_keeps_few_packets_in_flight(syslog: Receiver) -> None:
    plant = HandPlant(park(640))
    async with Receiver(radius=True) as acct, sender_of(plant, acct, syslog) as sender:
        acct.ignore = 10_000
        plant.clock.advance(timedelta(days=1))
        await acct.wait(64)
        await asyncio.sleep(0)
        assert sender.stats.sent == 64
        identifiers = {packet.id for packet in acct.packets}
    assert len(identifiers) == 64


async def test_authentications_are_logged_as_freeradius_does(
    plant: HandPlant, acct: Receiver, syslog: Receiver
) -> None:
    async with sender_of(plant, acct, syslog) as sender:
        plant.emit(EventKind.AUTH_ACCEPTED, FIRST)
        plant.emit(EventKind.AUTH_REJECTED, SECOND, detail="invalid password")
        await syslog.wait(2)
        assert sender.stats.auth_lines == 2
    accept, reject = (datagram.decode() for datagram in syslog.datagrams)
    assert accept == (
        "<86>1 2019-05-09T08:00:00Z aaa radiusd - - - (0) Login OK:"
        " [fti00000@just.example/<via Auth-Type = CHAP>] (from client lns1 port 0)"
    )
    assert reject.startswith("<86>1 2019-05-09T08:00:00Z aaa radiusd - - - (1) Login incorrect (chap: ")
    assert "[fti00001@just.example/<via Auth-Type = CHAP>]" in reject
    assert "ppp-secret" not in accept + reject
    assert acct.datagrams == []


async def test_nobody_listening_is_no_failure(plant: HandPlant, syslog: Receiver) -> None:
    async with Receiver(radius=True) as gone:
        address = gone.address
    async with RadiusSender(plant, address, SECRET, syslog.address, announce=[FIRST]) as sender:
        plant.emit(EventKind.AUTH_ACCEPTED, FIRST)
        await syslog.wait(1)
        assert sender.stats.acknowledged == 0
    assert plant.listeners == 0


def test_a_reason_cannot_forge_a_log_line() -> None:
    line = auth_line(7, START, "a]b\n<0>@x", "odd\nreason [x]", "lns1")
    assert "\n" not in line
    assert re.fullmatch(
        r"<86>1 \S+ aaa radiusd - - - \(7\) Login incorrect \(odd\?reason \?x\?\): \[[^\[\]]*\] .*", line
    )


@pytest.mark.parametrize(
    ("detail", "expected"),
    [("Lost-Carrier", "Lost-Carrier"), ("lost carrier", "Lost-Carrier"), ("NAS_ERROR", "NAS-Error"), ("", None)],
)
def test_a_terminate_cause_is_one_of_the_standard_or_nothing(detail: str, expected: str | None) -> None:
    assert terminate_cause(detail, load_dictionary()) == expected
