"""The ACS on a port of its own, inside the running loop, without taking over the signals of the process."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Any, Self

import uvicorn


class AcsServer:
    """Serves the ACS while the context lasts.

    Args:
        app: The application of `collectors.boxes.app.acs_app`.
        host: Address to listen on.
        port: Port; 0 takes a free one.
        keep_alive_s: How long an idle connection stays open. A box may think for many seconds before a big answer, and
            uvicorn's own default of 5 s would lose its session.
    """

    def __init__(self, app: Any, host: str, port: int, keep_alive_s: int = 45) -> None:
        self._config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="on",
            loop="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=keep_alive_s,
            timeout_graceful_shutdown=3,
        )
        self._address = (host, port)
        self._server = uvicorn.Server(self._config)
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        if self._socket is None:
            raise RuntimeError("the server is not started")
        port: int = self._socket.getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        host, port = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # The protocol is named: asyncio sets TCP_NODELAY only where it is, and an answer written in two parts would
        # otherwise wait 40 ms for the delayed acknowledgement of the first.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listening.bind((host, port))
            except OSError as error:
                raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
            listening.setblocking(False)
            # The parts of `uvicorn.Server.serve`, without its capture of signals and its tick of 100 ms.
            self._config.load()
            self._server.lifespan = self._config.lifespan_class(self._config)
            await self._server.startup(sockets=[listening])
        except BaseException:
            listening.close()
            raise
        self._socket = listening
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            await self._server.shutdown(sockets=[self._socket])
            self._socket = None
