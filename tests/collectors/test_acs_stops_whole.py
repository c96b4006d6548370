"""A box that connects as the ACS stops is let go like the others: asyncio of Python 3.11 would keep it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.callers import hung_up
from tests.collectors.boxes_support import world


@pytest.mark.parametrize("turns", range(6))
async def test_a_box_that_connects_as_the_acs_stops_is_let_go(turns: int) -> None:
    async with world() as here:
        box = socket.create_connection(("127.0.0.1", here.port))
        for _ in range(turns):
            await asyncio.sleep(0)
    with box:
        assert await hung_up(box)
