"""The relay of flows behind the LNS: SOCKS 5 (RFC 1928) in the place of a subscriber, under his filtering."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import Coroutine, Mapping
from typing import Any

from simulators.plant.ports import PlantView
from simulators.plant.state import BoxState

_OK, _REFUSED, _UNREACHABLE, _UNKNOWN_COMMAND = 0, 5, 4, 7


class FlowRelay:
    """Serves connections.

    Args:
        plant: The plant.
        secret: Password of the probers.
        ports: TCP port that each served port stands for: the plant's servers listen on free ones.
    """

    def __init__(self, plant: PlantView, secret: str, ports: Mapping[int, int]) -> None:
        self._plant = plant
        self._secret = secret.encode()
        self._ports = ports

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            box = await self._subscriber(reader, writer)
            if box is not None:
                await self._relay(box, reader, writer)

    async def _subscriber(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> BoxState | None:
        version, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        if version != 5 or 2 not in methods:
            writer.write(b"\x05\xff")
            return None
        writer.write(b"\x05\x02")
        user = await reader.readexactly((await reader.readexactly(2))[1])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        box = self._by_address(user.decode("ascii", "replace")) if password == self._secret else None
        writer.write(b"\x01\x00" if box is not None else b"\x01\x01")
        await writer.drain()
        return box

    def _by_address(self, address: str) -> BoxState | None:
        return next((box for box in self._plant.state.boxes.values() if box.wan_ip == address), None)

    async def _relay(self, box: BoxState, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, command, _, kind = await reader.readexactly(4)
        octets = await reader.readexactly({1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0])
        port = int.from_bytes(await reader.readexactly(2), "big")
        host = str(ipaddress.ip_address(octets)) if kind in {1, 4} else octets.decode("ascii", "replace")
        if command != 1:
            writer.write(_reply(_UNKNOWN_COMMAND))
            return
        if not box.internet_up or self._ports.get(port, port) in box.ports_blocked | box.ports_closed:
            await reader.read()  # dropped on the way: nothing comes back until who asked gives up
            return
        try:
            far, onwards = await asyncio.open_connection(host, port)
        except ConnectionRefusedError:
            writer.write(_reply(_REFUSED))
            return
        except OSError:
            writer.write(_reply(_UNREACHABLE))
            return
        writer.write(_reply(_OK))
        with contextlib.closing(onwards):
            await _either(_copy(far, writer), _copy(reader, onwards))


async def _either(*work: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while octets := await source.read(4096):
        sink.write(octets)
        await sink.drain()


def _reply(code: int) -> bytes:
    return bytes([5, code, 0, 1, 0, 0, 0, 0, 0, 0])
