"""A listening socket that stops taking callers before it is closed."""

from __future__ import annotations

import asyncio
from asyncio.trsock import TransportSocket
from collections.abc import Iterable
from socket import socket

_TURNS = 3  # of the loop, from accept to ``connection_made``


async def stop_accepting(listening: Iterable[socket | TransportSocket]) -> None:
    """Take nobody more from these sockets of the running loop; whoever was taken has his connection on return.

    asyncio of Python 3.11 keeps for ever whom it takes as its server closes. Over TLS the connection is there once the
    handshake has ended, which this does not wait for.
    """
    loop = asyncio.get_running_loop()
    for one in listening:
        loop.remove_reader(one.fileno())
    for _ in range(_TURNS):
        await asyncio.sleep(0)
