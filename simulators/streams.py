"""A server of streams that stops whole: whoever is connected is dropped, served already or not yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]

_LIMIT = 65_536  # of asyncio's own streams
_TURNS = 3
"""Turns of the loop from accept to ``connection_made``: asyncio of Python 3.11 keeps whom it accepts as it closes."""


class StreamServer:
    """``async with StreamServer(serve, host) as server`` listens on ``server.port`` and serves each caller in a task.

    ``serve`` need not close its stream. A caller that goes away in the middle is no error.

    Args:
        serve: Serves one caller.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        limit: Longest line that is read, octets.
    """

    def __init__(self, serve: Serve, host: str, port: int = 0, limit: int = _LIMIT) -> None:
        self._serve = serve
        self._host = host
        self.port = port
        self._limit = limit
        self._server: asyncio.Server | None = None
        self._callers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def open(self) -> int:
        """Listen; returns the port in use."""
        self._server = await asyncio.start_server(self._take, self._host, self.port, limit=self._limit)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def close(self) -> None:
        """Stop listening and drop every caller; what serves it is cancelled and waited for."""
        if self._server is None:
            return
        server, self._server = self._server, None
        loop = asyncio.get_running_loop()
        for listening in server.sockets:
            loop.remove_reader(listening.fileno())
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        server.close()
        callers = dict(self._callers)
        for task in callers:
            task.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        for writer in callers.values():
            writer.transport.abort()  # what it has not taken yet will not keep it open
        await asyncio.sleep(0)  # abort is done in the next turn of the loop

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._callers[task] = writer
        task.add_done_callback(self._left)

    def _left(self, task: asyncio.Task[None]) -> None:
        writer = self._callers.pop(task)
        writer.close()
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, OSError | EOFError):
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a caller was not served", "exception": error, "task": task}
            )
