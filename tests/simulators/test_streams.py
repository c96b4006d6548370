"""A server of streams stops whole, whatever its callers do."""

from __future__ import annotations

import asyncio
import socket

import pytest

from simulators.streams import StreamServer
from tests.callers import hung_up

HOST = "127.0.0.1"


@pytest.mark.parametrize("turns", range(6))
async def test_a_caller_who_comes_as_it_closes_is_dropped_like_the_others(turns: int) -> None:
    async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with StreamServer(serve, HOST) as server:
        caller = socket.create_connection((HOST, server.port))
        for _ in range(turns):
            await asyncio.sleep(0)
    with caller:
        assert await hung_up(caller)


async def test_a_caller_who_takes_nothing_of_what_it_is_sent_does_not_stay() -> None:
    full = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(bytes(1 << 20))
            if writer.transport.get_write_buffer_size():
                full.set()
            await writer.drain()

    async with StreamServer(serve, HOST) as server:
        caller = socket.create_connection((HOST, server.port))
        await full.wait()
    with caller:
        assert await hung_up(caller)


async def test_what_fails_for_one_caller_is_told_and_the_next_is_served() -> None:
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(repr(context["exception"])))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        if line == b"bad\n":
            raise ValueError(line)
        writer.write(b"good\n")

    async def said(line: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, server.port)
        writer.write(line)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    async with StreamServer(serve, HOST) as server:
        assert await said(b"bad\n") == b""
        assert await said(b"well\n") == b"good\n"
    assert told == ["ValueError(b'bad\\n')"]


async def test_it_opens_again_on_the_port_that_it_had() -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x")

    server = StreamServer(serve, HOST)
    port = await server.open()
    await server.close()
    await server.close()
    assert await server.open() == port
    await server.close()
