"""Connection requests to boxes that answer anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from collectors.boxes.connection_request import CallResult, ConnectionRequester, is_callable, networks
from domain.box import ConnectionRequest
from domain.secret import Secret
from simulators.streams import StreamServer
from tests.collectors.boxes_support import LOOPBACK


@asynccontextmanager
async def _answering(answer: bytes, endless: bool = False) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(answer)
            await writer.drain()
            while endless:
                writer.write(b"x" * 4096)
                await writer.drain()

    async with StreamServer(serve, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.port}/path?x=1"


async def _call(url: str, timeout_s: float = 5.0) -> CallResult:
    return await ConnectionRequester(LOOPBACK, timeout_s).call(ConnectionRequest(url, "user", Secret("pass")))


def _challenge(fields: str) -> bytes:
    return f"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest {fields}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", CallResult.ACCEPTED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", CallResult.ACCEPTED),
        (b"HTTP/1.0 503 Busy\r\nContent-Length: 0\r\n\r\n", CallResult.BUSY),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", CallResult.REFUSED),
        (b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n", CallResult.UNAUTHORISED),
        (_challenge('realm="x",nonce="y",algorithm=SM3'), CallResult.REFUSED),
        (_challenge('realm="x",nonce="y",qop="auth-int"'), CallResult.REFUSED),
        (_challenge('realm="x",nonce="y"'), CallResult.UNAUTHORISED),
        (_challenge("nonsense"), CallResult.REFUSED),
        (_challenge("realm=x"), CallResult.REFUSED),
        (b"SSH-2.0-dropbear\r\n\r\n", CallResult.REFUSED),
        (b"\x00\x01\x02\x03 garbage\r\n\r\n", CallResult.REFUSED),
    ],
)
async def test_each_answer_has_its_meaning(answer: bytes, result: CallResult) -> None:
    async with _answering(answer) as url:
        assert await _call(url) is result


async def test_an_endless_body_is_cut() -> None:
    async with _answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", endless=True) as url:
        assert await asyncio.wait_for(_call(url), 5) is CallResult.ACCEPTED


async def test_a_half_answer_is_silent_at_the_timeout() -> None:
    async with _answering(b"HTTP/1.1 200") as url:
        assert await _call(url, 0.1) is CallResult.SILENT


async def test_what_is_not_a_box_of_ours_is_forbidden() -> None:
    assert await _call("http://192.0.2.7/") is CallResult.FORBIDDEN


def test_networks_are_read_from_a_list() -> None:
    allowed = networks("10.0.0.0/8, 2001:db8::/32,")
    assert is_callable("http://10.1.2.3:58603/x", allowed)
    assert is_callable("http://[2001:db8::1]/x", allowed)
    assert is_callable("http://[::ffff:10.1.2.3]/x", allowed)
    assert not is_callable("http://11.1.2.3/", allowed)
    assert not is_callable("http://10.1.2.3/", ())


@pytest.mark.parametrize(("allowed", "expected"), [(True, CallResult.ACCEPTED), (False, CallResult.UNAUTHORISED)])
async def test_a_box_that_knows_basic_alone_is_given_its_password_only_by_policy(
    allowed: bool, expected: CallResult
) -> None:
    heard: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            heard.append(head)
            good = "Authorization: Basic dXNlcjpwYXNz" in head
            told = "" if good else 'WWW-Authenticate: Basic realm="box"\r\n'
            writer.write(f"HTTP/1.1 {200 if good else 401} X\r\n{told}Content-Length: 0\r\n\r\n".encode())

    async with StreamServer(serve, "127.0.0.1") as server:
        requester = ConnectionRequester(LOOPBACK, 5.0, basic=allowed)
        url = f"http://127.0.0.1:{server.port}/"
        result = await requester.call(ConnectionRequest(url, "user", Secret("pass")))
    assert result is expected
    assert "Authorization" not in heard[0]
    assert len(heard) == (2 if allowed else 1)


async def test_a_box_that_offers_digest_is_never_given_its_password_in_clear() -> None:
    both = b'HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm="b"\r\n'
    both += b'WWW-Authenticate: Digest realm="b", nonce="5a", qop="auth"\r\nContent-Length: 0\r\n\r\n'
    async with _answering(both) as url:
        requester = ConnectionRequester(LOOPBACK, 5.0, basic=True)
        assert await requester.call(ConnectionRequest(url, "user", Secret("pass"))) is CallResult.UNAUTHORISED
