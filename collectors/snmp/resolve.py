"""From the host and port of an agent to what a socket takes."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from collectors.snmp.udp import Address


async def resolve(host: str, port: int) -> tuple[socket.AddressFamily, Address]:
    """Family and address of an agent; names go through the resolver each time, numbers never."""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        return found[0][0], found[0][4]
    if number.version == 4:
        return socket.AF_INET, (str(number), port)
    return socket.AF_INET6, (str(number), port, 0, 0)
