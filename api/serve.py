"""Runs the HTTP application in the present event loop, and stops it cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from api.app import build
from api.bootstrap import Service, running
from api.clock import WallTime
from api.settings import Settings
from collectors.accepting import stop_accepting

_GRACE_S = 3.0  # what a request under way has to see that its caller is gone


class _Server(uvicorn.Server):
    """A server that leaves the signals to the program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


def http(service: Service, host: str, port: int) -> AbstractAsyncContextManager[int]:
    """Serve the application; yields the port. ``OSError``, naming the address, when it cannot be listened on."""
    return serving(build(service), host, port)


@asynccontextmanager
async def serving(app: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    """Serve any application as the service's own; see `http`."""
    listening = _listening(host, port)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=75,  # nginx keeps what it opened for 60 s: closed first, a request is lost
        proxy_headers=False,  # who is trusted as a proxy is ours to say: see `api.security.peer`
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listening]), name="http")
    try:
        while not server.started:
            if task.done():
                await task
                raise OSError(f"the HTTP server could not listen on {host}:{port}")
            await asyncio.sleep(0.005)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await stop_accepting([listening])
        server.should_exit = True
        server.force_exit = True
        await task  # uvicorn gives requests under way 0.1 s
        await _end(server.server_state)
        listening.close()


async def _end(left: ServerState) -> None:
    """Drop whoever is still served, such as a stream of events: what it was served from is closed next."""
    for connection in list(left.connections):
        connection.transport.abort()
    await asyncio.sleep(0)  # abort is done in the next turn of the loop
    late = set(left.tasks)
    if late:
        _, late = await asyncio.wait(late, timeout=_GRACE_S)
    for request in late:
        request.cancel()
    await asyncio.gather(*late, return_exceptions=True)


def _listening(host: str, port: int) -> socket.socket:
    """A bound socket: uvicorn would end the whole process where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listening


async def serve(settings: Settings) -> None:
    """Run the service until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with running(settings, WallTime()) as service, http(service, settings.host, settings.port):
        await stop.wait()
