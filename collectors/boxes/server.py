"""The ACS on a port of its own, inside the running loop; over TLS on a second one."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from types import TracebackType
from typing import Self

from collectors.accepting import stop_accepting
from collectors.boxes.app import AcsApp
from collectors.boxes.connection import Connection, Handling

_GRACE_S = 3.0  # answers under way get that long when the server stops
_BACKLOG = 4_096  # a storm after an outage queues in the kernel instead of being refused


def tls_context(certificate: Path, key: Path, boxes_ca: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or later; a client certificate is verified against ``boxes_ca`` where a box presents one."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if boxes_ca is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(boxes_ca)
    return context


class AcsServer:
    """Serves the ACS while the context lasts.

    Args:
        app: The application of `collectors.boxes.app.acs_app`.
        host: Address to listen on.
        port: Port; 0 takes a free one.
        keep_alive_s: How long an idle connection stays open: a box may think for many seconds before a big answer.
        tls: Context of `tls_context`; ``None`` for plain HTTP.
    """

    def __init__(
        self, app: AcsApp, host: str, port: int, keep_alive_s: float = 45.0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._app = app
        self._address = (host, port)
        self._tls = tls
        self._server: asyncio.Server | None = None
        limits = app.settings.body_limit_bytes, app.settings.session_cap_s
        told = app.body_too_large, app.hearing
        self._handling = Handling(app.respond, *limits, keep_alive_s, *told, set(), set(), asyncio.Event())

    @property
    def connections(self) -> frozenset[Connection]:
        """The connections that are open."""
        return frozenset(self._handling.open)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        if self._server is None:
            raise RuntimeError("the server is not started")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        host, port = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: Connection(self._handling), host, port, family=family, ssl=self._tls, backlog=_BACKLOG
            )
        except OSError as error:
            raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
        self._handling.stopping.clear()
        self._app.gateway.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is None:
            return
        await stop_accepting(self._server.sockets)
        self._server.close()
        self._handling.stopping.set()
        for connection in list(self._handling.open):
            connection.close_when_idle()
        if self._handling.at_work:
            _, late = await asyncio.wait(self._handling.at_work, timeout=_GRACE_S)
            for task in late:
                task.cancel()
        await self._app.aclose()
        self._server = None
