"""Everything of the platform that a prober meets, opened and closed together on ports of one address."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from simulators.plant.ports import PlantView
from simulators.platform.lns import Lns
from simulators.platform.relay import FlowRelay
from simulators.platform.resolver import Resolver
from simulators.platform.status_server import StatusServer
from simulators.streams import Serve, StreamServer

SERVED = (25, 443, 587)
"""TCP ports of the Internet that flows are tried on."""
PARTS = ("radius-status", "resolver-1", "resolver-2", "lns", "tcp-25", "tcp-443", "tcp-587", "relay")
_GREETING = b"220 mail.example ESMTP\r\n"  # RFC 5321 3.1
_SPEAKS_FIRST = frozenset({25, 587})


class Platform:
    """``async with Platform(plant, secret) as platform``: `addresses` tells where each part is.

    Args:
        plant: The plant: what it says of its platform is what these servers do.
        host: Address to listen on.
        secret: Secret of the RADIUS server, and password of the relay.
        port: Port of the first part, the next ones follow in the order of `PARTS`; 0 takes free ones.
    """

    def __init__(self, plant: PlantView, host: str, secret: str, port: int = 0) -> None:
        self._plant = plant
        self._host = host
        self._secret = secret
        self._port = port
        self._stack = AsyncExitStack()
        self.addresses: dict[str, tuple[str, int]] = {}

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for name, make in (
            ("radius-status", lambda: StatusServer(self._plant, self._secret)),
            ("resolver-1", lambda: Resolver(self._plant)),
            ("resolver-2", lambda: Resolver(self._plant)),
        ):
            transport, _ = await loop.create_datagram_endpoint(make, local_addr=(self._host, self._port_of(name)))
            self._stack.callback(transport.close)
            self.addresses[name] = (self._host, transport.get_extra_info("sockname")[1])
        lns = await self._stack.enter_async_context(Lns(self._plant, self._host, self._port_of("lns")))
        self.addresses["lns"] = lns.address
        for port in SERVED:
            await self._listen(f"tcp-{port}", _greet if port in _SPEAKS_FIRST else _hold)
        ports = {self.addresses[f"tcp-{port}"][1]: port for port in SERVED}
        await self._listen("relay", FlowRelay(self._plant, self._secret, ports).serve)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _port_of(self, name: str) -> int:
        return self._port and self._port + PARTS.index(name)

    async def _listen(self, name: str, serve: Serve) -> None:
        server = await self._stack.enter_async_context(StreamServer(serve, self._host, self._port_of(name)))
        self.addresses[name] = (self._host, server.port)


async def _hold(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_GREETING)
    await writer.drain()
    await reader.read(1)
