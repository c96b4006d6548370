"""A box that connects as the ACS stops is let go like the others: asyncio of Python 3.11 would keep it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path

import pytest

from collectors.boxes.app import acs_app
from collectors.boxes.server import AcsServer, tls_context
from domain.clock import FixedClock
from tests.callers import hung_up
from tests.certificates import issue
from tests.collectors.boxes_support import DEVICE, KEY, LOOPBACK, NOW, MemoryStore, world


@pytest.mark.parametrize("turns", range(6))
async def test_a_box_that_connects_as_the_acs_stops_is_let_go(turns: int) -> None:
    async with world() as here:
        box = socket.create_connection(("127.0.0.1", here.port))
        for _ in range(turns):
            await asyncio.sleep(0)
    with box:
        assert await hung_up(box)


async def test_a_box_that_ends_its_handshake_once_the_acs_has_stopped_is_let_go(tmp_path: Path) -> None:
    issue(tmp_path, "acs", "acs.test")
    app = acs_app(MemoryStore(DEVICE), FixedClock(NOW), KEY, LOOPBACK)
    tls = tls_context(tmp_path / "acs.pem", tmp_path / "acs.key")
    async with AcsServer(app, "127.0.0.1", 0, tls=tls) as server:
        box = socket.create_connection(("127.0.0.1", server.port))
        for _ in range(6):
            await asyncio.sleep(0)
    box.setblocking(False)
    context = ssl.create_default_context(cafile=str(tmp_path / "acs.pem"))
    context.check_hostname = False
    reader, writer = await asyncio.open_connection(sock=box, ssl=context, server_hostname="")
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
