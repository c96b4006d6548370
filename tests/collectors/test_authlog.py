"""The authentication log over a real UDP socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.sessions.authlog import AuthLogListener, BadLineError, read_line
from domain.clock import FixedClock
from domain.session import AccountingEvent, AuthEvent
from domain.states import AuthResult
from tests.collectors.boxes_support import until

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
HEAD = "<86>1 2019-05-09T10:00:00.123456+02:00 radius1 radiusd 412 - - "
AT = datetime(2019, 5, 9, 8, 0, 0, 123456, tzinfo=UTC)
OK = "Login OK: [fti/abc123/<via Auth-Type = CHAP>] (from client bng1 port 0 cli 00:11)"
KO = "Login incorrect (chap: Password does not match): [fti/abc123/<via Auth-Type = CHAP>] (from client bng1 port 0)"


UNANSWERED = (
    '(5) ERROR: Failing proxied request for user "{}", due to lack of any response from home server 192.0.2.9 port 1812'
)


class Sessions:
    def __init__(self) -> None:
        self.events: list[AuthEvent] = []
        self.called = asyncio.Condition()
        self.broken = False

    async def accounted(self, events: Sequence[AccountingEvent]) -> None:
        raise AssertionError(events)

    async def authenticated(self, events: Sequence[AuthEvent]) -> None:
        async with self.called:
            self.called.notify_all()
            if self.broken:
                raise RuntimeError("disk full")
            self.events += events

    async def until(self, count: int) -> None:
        async with self.called, asyncio.timeout(5):
            await self.called.wait_for(lambda: len(self.events) >= count)


def _line(text: str) -> AuthEvent | None:
    return read_line(text.encode(), NOW)


@pytest.mark.parametrize(
    ("message", "user", "result", "reason"),
    [
        (OK, "fti/abc123", AuthResult.ACCEPT, None),
        (KO, "fti/abc123", AuthResult.REJECT, "chap: Password does not match"),
        ("(12) " + OK, "fti/abc123", AuthResult.ACCEPT, None),
        ("Auth: (3) Login OK: [bob] (from client a port 1)", "bob", AuthResult.ACCEPT, None),
        ("Login incorrect: [bob/<CHAP-Password>] (from client a port 1)", "bob", AuthResult.REJECT, None),
        ("Login incorrect (No such user): [b] x/<via X>] (from client a)", "b] x", AuthResult.REJECT, "No such user"),
        ("Invalid user: [bob/<via X>] (from client a port 1)", "bob", AuthResult.REJECT, "Invalid user"),
        ("Login incorrect (a (b) c): [bob] (from client a)", "bob", AuthResult.REJECT, "a (b) c"),
        (
            "Login incorrect (Home Server says so): [bob] (from client a)",
            "bob",
            AuthResult.REJECT,
            "Home Server says so",
        ),
        ("(5) Login incorrect (Home Server failed to respond): [bob] (from client a)", "bob", AuthResult.TIMEOUT, None),
        (UNANSWERED.format("fti/abc123"), "fti/abc123", AuthResult.TIMEOUT, None),
        (UNANSWERED.format('a", due to "b'), 'a", due to "b', AuthResult.TIMEOUT, None),
    ],
)
def test_lines_of_freeradius_are_read(message: str, user: str, result: AuthResult, reason: str | None) -> None:
    event = _line(HEAD + message)
    assert event == AuthEvent(user, result, AT, reason)


def test_structured_data_a_byte_order_mark_and_no_clock_are_read() -> None:
    event = _line('<86>1 - radius1 radiusd - - [x@1 a="b\\"]" c="d"][y@1] \ufeff' + OK + "\n")
    assert event is not None
    assert event.at == NOW


@pytest.mark.parametrize("message", ["Ready to process requests", "", "rlm_sql: Login servers are fine"])
def test_other_lines_are_ignored(message: str) -> None:
    assert _line(HEAD + message) is None


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("nonsense", "not_syslog"),
        (OK, "not_syslog"),
        (HEAD.replace("<86>", "<999>") + OK, "not_syslog"),
        ("<86>May  9 10:00:00 radius1 radiusd: " + OK, "not_syslog"),
        (HEAD.replace("2019-05-09T", "yesterday") + OK, "timestamp"),
        (HEAD.replace("2019-05-09", "2019-02-31") + OK, "timestamp"),
        (HEAD.replace("+02:00", "") + OK, "timestamp"),
        (HEAD + "Login OK: [bob", "wording"),
        (HEAD + "Login incorrect: [/<via X>] (from client a)", "wording"),
        (HEAD + "Login OK: [] (from client a)", "wording"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(line: str, kind: str) -> None:
    with pytest.raises(BadLineError, match=kind):
        _line(line)


def test_a_user_name_is_not_in_the_representation_of_its_event() -> None:
    assert "abc123" not in repr(_line(HEAD + OK))


def test_a_hostile_line_takes_no_time() -> None:
    with pytest.raises(BadLineError):
        _line(HEAD + "Login OK: [" * 5000)
    with pytest.raises(BadLineError):
        _line("<86>1 - a b c d " + "[" * 30_000)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_random_bytes_never_crash(data: bytes, headed: bool) -> None:
    with contextlib.suppress(BadLineError):
        read_line(HEAD.encode() + data if headed else data, NOW)


async def test_lines_become_events_and_the_rest_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    store = Sessions()
    async with AuthLogListener(store, FixedClock(NOW), "127.0.0.1", 0) as listener:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for line in ("garbage fti/abc123", "garbage again", HEAD + "Ready", HEAD + OK, HEAD + KO):
                sender.sendto(line.encode(), ("127.0.0.1", listener.port))
        await store.until(2)
    assert [event.result for event in store.events] == [AuthResult.ACCEPT, AuthResult.REJECT]
    stats = listener.stats
    assert (stats.received, stats.kept, stats.ignored, stats.malformed) == (5, 2, 1, 2)
    shown = capsys.readouterr()
    assert "abc123" not in shown.out + shown.err


async def test_events_refused_by_the_store_are_offered_again_with_the_next() -> None:
    store = Sessions()
    store.broken = True
    async with AuthLogListener(store, FixedClock(NOW), "127.0.0.1", 0) as listener:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto((HEAD + KO).encode(), ("127.0.0.1", listener.port))
            await until(lambda: listener.stats.store_errors)
            store.broken = False
            sender.sendto((HEAD + OK).encode(), ("127.0.0.1", listener.port))
            await store.until(2)
    assert [event.result for event in store.events] == [AuthResult.REJECT, AuthResult.ACCEPT]
    assert listener.stats.kept == 2


def test_a_line_made_to_be_slow_costs_no_more_than_another() -> None:
    """One datagram of 4 kB kept the whole service busy for two seconds: cubic backtracking."""
    started = time.process_time()
    with pytest.raises(BadLineError):
        _line(HEAD + "Login OK (" * 200 + "): [" * 500)
    assert time.process_time() - started < 0.5


def test_an_instant_ahead_of_the_arrival_is_that_of_the_arrival() -> None:
    """A sender whose clock is years ahead would hide every later answer of that user."""
    event = _line(HEAD.replace("2019-05-09", "2099-05-09") + OK)
    assert event is not None
    assert event.at == NOW
