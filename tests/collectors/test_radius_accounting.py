"""The RADIUS accounting listener on a real UDP socket."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrad.dictionary import Dictionary
from pyrad.packet import AccessRequest, AcctPacket, AuthPacket

from collectors.sessions.accounting import BadPacketError, load_dictionary, read_accounting
from collectors.sessions.radius import AccountingListener, ClientSecrets
from domain.clock import FixedClock
from domain.secret import Secret
from domain.session import AccountingEvent, AccountingStatus, AuthEvent
from tests.collectors.boxes_support import until

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
SECRET = Secret("between the BNG and us")
EVENT_AT = NOW - timedelta(minutes=3)


class Sessions:
    """A `SessionStore` in memory; it waits at its gate, and raises when broken."""

    def __init__(self) -> None:
        self.batches: list[list[AccountingEvent]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.broken = False

    async def accounted(self, events: Sequence[AccountingEvent]) -> None:
        self.entered.set()
        await self.gate.wait()
        if self.broken:
            raise RuntimeError("disk full")
        self.batches.append(list(events))

    async def authenticated(self, events: Sequence[AuthEvent]) -> None:
        raise AssertionError(events)


class Nas(asyncio.DatagramProtocol):
    """A BNG: sends requests and keeps what comes back."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.answers.put_nowait(data)

    def send(self, data: bytes) -> None:
        self.transport.sendto(data)

    async def answer(self) -> bytes:
        return await asyncio.wait_for(self.answers.get(), 5)


class World:
    def __init__(self, **options: Any) -> None:
        self.store = Sessions()
        self.options = options

    async def __aenter__(self) -> World:
        secret = self.options.get("secret", SECRET)
        self.listener = AccountingListener(self.store, FixedClock(NOW), "127.0.0.1", 0, secret)
        await self.listener.__aenter__()
        self.transport, self.nas = await asyncio.get_running_loop().create_datagram_endpoint(
            Nas, remote_addr=("127.0.0.1", self.listener.port)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.transport.close()
        await self.listener.__aexit__(None, None, None)


def _request(status: int | None = 1, identifier: int = 7, **attributes: Any) -> AcctPacket:
    packet = AcctPacket(id=identifier, secret=SECRET.reveal().encode(), dict=load_dictionary())
    values = {
        "User-Name": "fti/abc123",
        "Acct-Session-Id": "0A1B",
        "Framed-IP-Address": "203.0.113.10",
        "NAS-Identifier": "bng1",
        "Event-Timestamp": int(EVENT_AT.timestamp()),
    }
    for name, value in (values | {k.replace("_", "-"): v for k, v in attributes.items()}).items():
        if value is not None:
            packet.AddAttribute(name, value)
    if status is not None:
        packet.AddAttribute("Acct-Status-Type", status)
    return packet


async def test_a_start_is_kept_then_answered() -> None:
    async with World() as here:
        request = _request()
        here.nas.send(request.RequestPacket())
        answer = await here.nas.answer()
        assert request.VerifyReply(request.CreateReply(packet=answer), answer)
    (event,) = here.store.batches[0]
    assert event.status is AccountingStatus.START
    assert event.username == "fti/abc123"
    assert event.session_id == "0A1B"
    assert event.framed_ip == "203.0.113.10"
    assert event.nas == "bng1"
    assert event.at == EVENT_AT
    assert "fti" not in repr(event)


async def test_a_stop_carries_its_cause_and_duration() -> None:
    async with World() as here:
        here.nas.send(_request(2, Acct_Terminate_Cause="Lost-Carrier", Acct_Session_Time=86400).RequestPacket())
        await here.nas.answer()
    (event,) = here.store.batches[0]
    assert (event.status, event.terminate_cause, event.session_time_s) == (
        AccountingStatus.STOP,
        "Lost-Carrier",
        86400,
    )


async def test_nothing_is_answered_before_the_store_accepts_and_what_arrives_meanwhile_is_one_batch() -> None:
    async with World() as here:
        here.store.gate.clear()
        here.nas.send(_request(identifier=1).RequestPacket())
        await asyncio.wait_for(here.store.entered.wait(), 5)
        for identifier in range(2, 12):
            here.nas.send(_request(3, identifier, Acct_Session_Id=f"S{identifier}").RequestPacket())
        await until(lambda: here.listener.stats.received == 11)
        assert here.nas.answers.empty()
        here.store.gate.set()
        assert {(await here.nas.answer())[1] for _ in range(11)} == set(range(1, 12))
    assert [len(batch) for batch in here.store.batches] == [1, 10]
    assert here.listener.stats.kept == here.listener.stats.answered == 11


async def test_a_store_that_fails_leaves_the_request_unanswered_and_the_next_try_succeeds() -> None:
    async with World() as here:
        here.store.broken = True
        request = _request().RequestPacket()
        here.nas.send(request)
        await until(lambda: here.listener.stats.store_errors)
        assert here.nas.answers.empty()
        here.store.broken = False
        here.nas.send(request)
        await here.nas.answer()
    assert len(here.store.batches) == 1


async def test_duplicates_are_answered_again() -> None:
    async with World() as here:
        request = _request().RequestPacket()
        for _ in range(3):
            here.nas.send(request)
        answers = {await here.nas.answer() for _ in range(3)}
    assert len(answers) == 1


async def test_a_wrong_secret_is_dropped_and_counted() -> None:
    async with World(secret=Secret("another")) as here:
        here.nas.send(_request().RequestPacket())
        await until(lambda: here.listener.stats.forged)
    assert here.store.batches == []
    assert here.nas.answers.empty()


async def test_a_stranger_is_dropped_and_counted() -> None:
    async with World(secret={"192.0.2.0/24": SECRET}) as here:
        here.nas.send(_request().RequestPacket())
        await until(lambda: here.listener.stats.strangers)
    assert here.store.batches == []


def test_the_longest_prefix_gives_the_secret() -> None:
    secrets = ClientSecrets({"10.0.0.0/8": Secret("wide"), "10.1.2.3": Secret("one"), "2001:db8::/32": Secret("six")})
    assert secrets.of("10.1.2.3") == b"one"
    assert secrets.of("::ffff:10.1.2.4") == b"wide"
    assert secrets.of("2001:db8::1%eth0") == b"six"
    assert secrets.of("192.0.2.1") is None


@pytest.mark.parametrize("status", [7, 8, 15])
async def test_a_restart_of_the_nas_is_answered_and_keeps_no_event(status: int) -> None:
    async with World() as here:
        here.nas.send(_request(status, User_Name=None, Acct_Session_Id=None).RequestPacket())
        await here.nas.answer()
    assert here.store.batches == []
    assert here.listener.stats.nas_restarts == (status != 15)


@pytest.mark.parametrize("absent", ["User_Name", "Acct_Session_Id", "status"])
async def test_a_request_that_cannot_be_kept_is_not_answered(absent: str) -> None:
    async with World() as here:
        without: dict[str, Any] = {absent: None}
        request = _request(**without)
        here.nas.send(request.RequestPacket())
        await until(lambda: here.listener.stats.unusable)
    assert here.store.batches == []


@pytest.mark.parametrize(
    ("stamp", "delay_s", "at"),
    [
        (int(EVENT_AT.timestamp()), 60, EVENT_AT),  # the stamp is the event's own instant: no delay to take off
        (None, 60, NOW - timedelta(seconds=60)),
        (None, None, NOW),
        (0, 5, NOW - timedelta(seconds=5)),  # a NAS whose clock is not set
        (int((NOW + timedelta(days=400)).timestamp()), 0, NOW),
    ],
)
def test_the_instant_of_an_event(stamp: int | None, delay_s: int | None, at: datetime) -> None:
    packet = _request(Event_Timestamp=stamp, Acct_Delay_Time=delay_s).RequestPacket()
    found = read_accounting(packet, SECRET.reveal().encode(), load_dictionary(), NOW)
    assert found.event is not None
    assert found.event.at == at


def test_proxy_state_comes_back_in_the_answer() -> None:
    request = _request(Proxy_State=b"abc")
    found = read_accounting(request.RequestPacket(), SECRET.reveal().encode(), load_dictionary(), NOW)
    assert b"abc" in found.reply


def test_an_address_that_is_no_address_and_a_name_that_is_no_text_do_not_lose_the_event() -> None:
    packet = _request(Framed_IP_Address=None)
    packet[8] = [b"\x01\x02"]
    packet[1] = [b"caf\xe9"]
    found = read_accounting(packet.RequestPacket(), SECRET.reveal().encode(), load_dictionary(), NOW)
    assert found.event is not None
    assert found.event.framed_ip is None
    assert found.event.username == "caf\ufffd"


def test_an_access_request_on_the_accounting_port_is_malformed(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("ATTRIBUTE User-Name 1 string\n")
    packet = AuthPacket(AccessRequest, secret=b"x", dict=Dictionary(str(tmp_path / "d")))
    packet["User-Name"] = "a"
    with pytest.raises(BadPacketError, match="malformed"):
        read_accounting(packet.RequestPacket(), b"x", load_dictionary(), NOW)


_DICTIONARY = load_dictionary()
_VALID = _request().RequestPacket()


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=120))
def test_random_bytes_are_a_bad_packet(data: bytes) -> None:
    with pytest.raises(BadPacketError):
        read_accounting(data, b"secret", _DICTIONARY, NOW)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=30)), max_size=12))
def test_any_attributes_rightly_signed_are_an_event_or_a_bad_packet(attributes: list[tuple[int, bytes]]) -> None:
    body = b"".join(bytes((code, len(value) + 2)) + value for code, value in attributes)
    head = bytes((4, 9)) + (20 + len(body)).to_bytes(2, "big")
    signed = head + hashlib.md5(head + bytes(16) + body + b"secret").digest() + body  # noqa: S324
    with contextlib.suppress(BadPacketError):
        assert read_accounting(signed, b"secret", _DICTIONARY, NOW).reply[0] == 5


async def test_garbage_is_counted_and_the_listener_lives_on() -> None:
    async with World() as here:
        for data in (b"", b"x", bytes(20), _VALID[:-1], _VALID[:25]):
            here.nas.send(data)
        here.nas.send(_VALID)
        await here.nas.answer()
    assert here.listener.stats.kept == 1
    assert here.listener.stats.malformed + here.listener.stats.forged == here.listener.stats.received - 1


async def test_what_waits_at_the_end_is_kept_and_answered() -> None:
    async with World() as here:
        here.store.gate.clear()
        for identifier in range(3):
            here.nas.send(_request(identifier=identifier, Acct_Session_Id=f"S{identifier}").RequestPacket())
        await until(lambda: here.listener.stats.received == 3)
        ending = asyncio.create_task(here.listener.__aexit__(None, None, None))
        await asyncio.sleep(0)
        here.store.gate.set()
        await ending
        for _ in range(3):
            await here.nas.answer()
    assert sum(map(len, here.store.batches)) == 3
