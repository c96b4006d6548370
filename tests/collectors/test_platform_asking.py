"""Probes of the platform over real sockets: what is an answer, what is a refusal, what is only a silence."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import pytest

from collectors.platform.asking import ask
from collectors.platform.flows import Relay, Through, through
from domain.platform import Answer, ProbeKind, ProbeTarget
from domain.secret import Secret

HOST = "127.0.0.1"
SECRET = Secret("s3cret-radius")
Answering = Callable[[bytes], bytes | None]


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, answer: Answering) -> None:
        self.answer = answer
        self.heard: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.heard.append(data)
        if (reply := self.answer(data)) is not None:
            self.transport.sendto(reply, addr)


@asynccontextmanager
async def udp(answer: Answering) -> AsyncIterator[tuple[int, _Udp]]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Udp(answer), local_addr=(HOST, 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1], protocol
    finally:
        transport.close()


@asynccontextmanager
async def serving(*replies: bytes, first: bytes = b"") -> AsyncIterator[int]:
    """A TCP server that says ``first``, then these octets, each after what the client sends."""
    open_now: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(first)
            for reply in replies:
                await reader.read(600)
                writer.write(reply)
            await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(asyncio.create_task(serve(reader, writer)))

    async with await asyncio.start_server(accept, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*open_now, return_exceptions=True)


def radius(port: int) -> ProbeTarget:
    return ProbeTarget(ProbeKind.RADIUS, "radius-1", HOST, port, SECRET)


def resolver(port: int) -> ProbeTarget:
    return ProbeTarget(ProbeKind.RESOLVER, "resolver-1", HOST, port)


def accept(secret: Secret) -> Answering:
    """An Access-Accept signed with that secret (RFC 2865 3)."""

    def answer(data: bytes) -> bytes:
        head = bytes([2, data[1], 0, 20])
        return head + hashlib.md5(head + data[4:20] + secret.reveal().encode(), usedforsecurity=False).digest()

    return answer


async def test_a_radius_server_that_signs_its_answer_works() -> None:
    async with udp(accept(SECRET)) as (port, server):
        asked = await ask(radius(port), 1.0, ".")
    assert (asked.answer, asked.detail) == (Answer.WORKS, "Access-Accept")
    assert asked.elapsed_ms is not None
    sent = server.heard[0]
    assert (sent[0], sent[20], sent[21]) == (12, 80, 18)  # Status-Server, its Message-Authenticator first


async def test_an_answer_that_is_signed_by_another_is_no_answer() -> None:
    async with udp(accept(Secret("other"))) as (port, server):
        asked = await ask(radius(port), 0.3, ".")
    assert asked.answer is Answer.SILENT
    assert len(server.heard) == 3
    assert len(set(server.heard)) == 1  # sent again, the same packet (RFC 5080 2.2.1)


def answered(rcode: int) -> Answering:
    def answer(data: bytes) -> bytes:
        reply = dns.message.make_response(dns.message.from_wire(data))
        reply.set_rcode(dns.rcode.Rcode(rcode))
        return reply.to_wire()

    return answer


@pytest.mark.parametrize(
    ("rcode", "expected"),
    [
        (dns.rcode.NOERROR, Answer.WORKS),
        (dns.rcode.NXDOMAIN, Answer.WORKS),
        (dns.rcode.SERVFAIL, Answer.FAILS),
        (dns.rcode.REFUSED, Answer.REFUSES),
    ],
)
async def test_a_name_server_says_whether_it_resolves(rcode: int, expected: Answer) -> None:
    async with udp(answered(rcode)) as (port, _):
        asked = await ask(resolver(port), 1.0, "portail.example")
    assert (asked.answer, asked.detail) == (expected, dns.rcode.to_text(dns.rcode.Rcode(rcode)))


@pytest.mark.parametrize("reply", [b"", b"\x00" * 5, b"\xff" * 600])
async def test_octets_that_are_no_answer_are_a_silence(reply: bytes) -> None:
    async with udp(lambda _: reply) as (port, _):
        assert (await ask(resolver(port), 0.2, ".")).answer is Answer.SILENT
        assert (await ask(radius(port), 0.2, ".")).answer is Answer.SILENT


async def test_an_answer_to_another_question_is_a_silence() -> None:
    def other(data: bytes) -> bytes | None:
        return answered(0)(bytes([data[0] ^ 1]) + data[1:])

    async with udp(other) as (port, _):
        assert (await ask(resolver(port), 0.2, ".")).answer is Answer.SILENT


def _free(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as held:
        held.bind((HOST, 0))
        port: int = held.getsockname()[1]
    return port


async def test_a_machine_where_nobody_listens_says_so() -> None:
    assert (await ask(resolver(_free(socket.SOCK_DGRAM)), 1.0, ".")).answer is Answer.CLOSED
    lns = ProbeTarget(ProbeKind.LNS, "lns-1", HOST, _free(socket.SOCK_STREAM))
    assert (await ask(lns, 1.0, ".")).answer is Answer.REFUSES


async def test_a_name_that_does_not_resolve_is_a_question_that_was_not_sent() -> None:
    target = ProbeTarget(ProbeKind.LNS, "lns-1", "lns.invalid", 1)
    assert (await ask(target, 2.0, ".")).answer in {Answer.UNSENT, Answer.SILENT}


@pytest.mark.parametrize(
    ("greeting", "expected"), [(b"220 ready\r\n", Answer.WORKS), (b"554 no\r\n", Answer.REFUSES), (b"", Answer.WORKS)]
)
async def test_a_mail_server_that_greets_with_5xx_refuses(
    greeting: bytes, expected: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(first=greeting) as port:
        monkeypatch.setattr("collectors.platform.asking._GREETS", frozenset({port}))
        assert (await ask(ProbeTarget(ProbeKind.FLOW, "tcp_25", HOST, port), 0.4, ".")).answer is expected


BOUND = bytes([0, 1, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ((b"\x05\x02", b"\x01\x00", b"\x05\x00" + BOUND), Through.OPENED),
        ((b"\x05\x02", b"\x01\x00", b"\x05\x02" + BOUND), Through.RULE),
        ((b"\x05\x02", b"\x01\x00", b"\x05\x05" + BOUND), Through.REFUSED),
        ((b"\x05\x02", b"\x01\x00", b"\x05\x04" + BOUND), Through.SILENT),
        ((b"\x05\x02", b"\x01\x00", b"\x05\x01" + BOUND), Through.NO_RELAY),  # a fault of the relay itself
        ((b"\x05\x02", b"\x01\x00"), Through.SILENT),
        ((b"\x05\x02", b"\x01\x01"), Through.NO_RELAY),  # it does not know this subscriber
        ((b"\x05\xff",), Through.NO_RELAY),
        ((b"HTTP/1.1 400",), Through.NO_RELAY),
        ((), Through.NO_RELAY),
    ],
)
async def test_a_relay_tells_what_became_of_a_flow_or_nothing(replies: tuple[bytes, ...], expected: Through) -> None:
    target = ProbeTarget(ProbeKind.FLOW, "tcp_443", "192.0.2.7", 443, flow="tcp_443")
    async with serving(*replies) as port:
        assert await through(Relay(HOST, port, Secret("relay")), "198.18.0.96", target, 0.3) is expected
