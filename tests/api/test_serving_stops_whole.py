"""The HTTP server lets everybody go when it stops, before what it serves from is closed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from api.serve import serving
from tests.callers import hung_up

HOST = "127.0.0.1"


async def test_a_stream_of_events_ends_with_the_server() -> None:
    app = FastAPI()
    told: list[str] = []

    @app.get("/events")
    async def events() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            try:
                yield b"data: first\n\n"
                await asyncio.Event().wait()
            finally:
                told.append("ended")

        return StreamingResponse(body(), media_type="text/event-stream")

    async with asyncio.timeout(30), serving(app, HOST, 0) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"data: first")
    assert told == ["ended"]
    await reader.read()  # to the end of the connection
    writer.close()


@pytest.mark.parametrize("turns", range(6))
async def test_whoever_connects_as_it_stops_is_let_go(turns: int) -> None:
    async with serving(FastAPI(), HOST, 0) as port:
        caller = socket.create_connection((HOST, port))
        for _ in range(turns):
            await asyncio.sleep(0)
    with caller:
        assert await hung_up(caller)
