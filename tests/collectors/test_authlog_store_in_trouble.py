"""Events that the store refused for a moment are kept without waiting for the next customer, and at a stop."""

from __future__ import annotations

import socket

import pytest

from collectors.sessions import authlog
from collectors.sessions.authlog import AuthLogListener
from domain.clock import FixedClock
from tests.collectors.boxes_support import until
from tests.collectors.test_authlog import HEAD, NOW, OK, Sessions


def _say(listener: AuthLogListener, *messages: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bare:
        for message in messages:
            bare.sendto((HEAD + message).encode(), ("127.0.0.1", listener.port))


async def test_they_are_offered_again_though_nothing_new_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authlog, "AGAIN_S", 0.05, raising=False)
    store = Sessions()
    store.broken = True
    async with AuthLogListener(store, FixedClock(NOW), "127.0.0.1", 0) as listener:
        _say(listener, OK)
        await until(lambda: listener.stats.store_errors)
        store.broken = False
        await store.until(1)
    assert len(store.events) == 1
    assert listener.stats.kept == 1


async def test_they_are_offered_once_more_at_a_stop() -> None:
    store = Sessions()
    store.broken = True
    async with AuthLogListener(store, FixedClock(NOW), "127.0.0.1", 0) as listener:
        _say(listener, OK)
        await until(lambda: listener.stats.store_errors)
        store.broken = False
    assert len(store.events) == 1
    assert listener.stats.dropped == 0


async def test_what_is_lost_at_a_stop_is_counted() -> None:
    store = Sessions()
    store.broken = True
    async with AuthLogListener(store, FixedClock(NOW), "127.0.0.1", 0) as listener:
        _say(listener, OK)
        await until(lambda: listener.stats.store_errors)
    assert listener.stats.dropped == 1
    assert listener.stats.kept == 0
