"""Sockets of the intake."""

from __future__ import annotations

import asyncio
import socket

RECEIVE_BUFFER = 4 * 1024 * 1024
"""Octets: a burst of some ten thousand packets waits in the kernel (which grants what its own limit allows)."""


def widen(transport: asyncio.DatagramTransport) -> None:
    """Give a datagram socket room for a burst."""
    found = transport.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
