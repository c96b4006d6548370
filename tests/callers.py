"""A caller at the level of sockets, which says nothing and waits."""

from __future__ import annotations

import asyncio
import socket


async def hung_up(caller: socket.socket) -> bool:
    """Whether the server let this caller go; raises `TimeoutError` otherwise."""
    caller.setblocking(False)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(10):
            while await loop.sock_recv(caller, 1 << 20):
                pass
    except ConnectionResetError:
        pass
    return True
