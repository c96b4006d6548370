"""Everything of the platform that a prober meets, opened and closed together on ports of one address."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from simulators.plant.ports import PlantView
from simulators.platform.lns import Lns
from simulators.platform.relay import FlowRelay
from simulators.platform.resolver import Resolver
from simulators.platform.status_server import StatusServer

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]

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
        self._connections: set[asyncio.Task[None]] = set()
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
        open_now = list(self._connections)
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)

    def _port_of(self, name: str) -> int:
        return self._port and self._port + PARTS.index(name)

    async def _listen(self, name: str, serve: Serve) -> None:
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(_served(serve, reader, writer))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

        server = await asyncio.start_server(accept, self._host, self._port_of(name))
        self._stack.callback(server.close)
        self.addresses[name] = (self._host, server.sockets[0].getsockname()[1])


async def _served(serve: Serve, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError), contextlib.closing(writer):
        await serve(reader, writer)


async def _hold(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_GREETING)
    await writer.drain()
    await reader.read(1)
