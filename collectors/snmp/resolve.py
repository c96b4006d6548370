"""From the host and port of an agent to what a socket takes."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from functools import lru_cache

from collectors.snmp.udp import Address


async def resolve(host: str, port: int) -> tuple[socket.AddressFamily, Address]:
    """Family and address of an agent; names go through the resolver each time, numbers never."""
    number = _number(host, port)
    if number is not None:
        return number
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    return found[0][0], found[0][4]


@lru_cache(maxsize=4096)
def _number(host: str, port: int) -> tuple[socket.AddressFamily, Address] | None:
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return None
    if number.version == 4:
        return socket.AF_INET, (str(number), port)
    return socket.AF_INET6, (str(number), port, 0, 0)
