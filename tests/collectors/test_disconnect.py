"""Disconnect-Requests against a NAS that behaves as some do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, Self

import pytest
from pyrad.packet import CoAPacket, DisconnectNAK

from collectors.sessions.accounting import load_dictionary
from collectors.sessions.disconnect import NasSessions
from domain.clock import FixedClock
from domain.secret import Secret
from domain.session_actions import OpenSession, SessionOutcome

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
SESSION = OpenSession("0000010001", "someone@operateur.example")


class Nas(asyncio.DatagramProtocol):
    """Leaves the first ``ignored`` datagrams without answer; the ``garbage`` comes before each answer."""

    def __init__(self, ignored: int = 0, cause: int | None = None, garbage: tuple[bytes, ...] = ()) -> None:
        self.ignored = ignored
        self.cause = cause
        self.garbage = garbage
        self.requests: list[bytes] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.transport.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.requests.append(data)
        if len(self.requests) <= self.ignored:
            return
        packet = CoAPacket(secret=b"s3cret", dict=load_dictionary(), packet=data)
        assert packet.VerifyCoARequest()
        reply = packet.CreateReply()
        if self.cause is not None:
            reply.code = DisconnectNAK
            reply["Error-Cause"] = self.cause
        for junk in self.garbage:
            self.transport.sendto(junk, addr)
        self.transport.sendto(reply.ReplyPacket(), addr)

    def sessions(self) -> NasSessions:
        port = self.transport.get_extra_info("sockname")[1]
        return NasSessions("127.0.0.1", port, Secret("s3cret"), FixedClock(NOW))


@pytest.mark.parametrize(
    ("nas", "outcome", "cause"),
    [
        (Nas(), SessionOutcome.DONE, None),
        (Nas(cause=501), SessionOutcome.REFUSED, 501),
        (Nas(cause=503), SessionOutcome.REFUSED, 503),
        (Nas(ignored=1, cause=503), SessionOutcome.UNKNOWN, 503),  # it may have obeyed the first
        (Nas(ignored=1, cause=501), SessionOutcome.REFUSED, 501),
        (Nas(garbage=(b"", b"\x29", b"\x29\x00\x00\x14" + bytes(16), bytes(40))), SessionOutcome.DONE, None),
    ],
)
async def test_what_the_nas_answers_is_what_is_known(nas: Nas, outcome: SessionOutcome, cause: int | None) -> None:
    async with nas:
        found = await nas.sessions().disconnect(SESSION, 5.0)
    assert (found.outcome, found.error_cause, found.at) == (outcome, cause, NOW)
    assert len(set(nas.requests)) == 1  # what is sent again is the same datagram


async def test_a_nas_that_says_nothing_leaves_it_unknown() -> None:
    async with Nas(ignored=99) as nas:
        found = await nas.sessions().disconnect(SESSION, 0.2)
    assert found.outcome is SessionOutcome.UNKNOWN


async def test_a_nas_whose_name_is_not_known_was_asked_nothing() -> None:
    nas = NasSessions("bras.invalid", 3799, Secret("s"), FixedClock(NOW))
    assert (await nas.disconnect(SESSION, 1.0)).outcome is SessionOutcome.NOT_SENT
