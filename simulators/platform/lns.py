"""The LNS as a prober meets it: a TCP port that is reached while the LNS is, and silent while it is not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from types import TracebackType
from typing import Self

from simulators.plant.ports import PlantView
from simulators.plant.state import PlantEvent

_FILLERS = 2
"""Connections that fill the queue of a listener with a backlog of none: the kernel then drops every SYN, as a machine
that is gone does. One waits in the queue, the next finds it full."""


class Lns:
    """``async with Lns(plant, host, port) as lns``: listens on ``lns.address``.

    Args:
        plant: The plant: its LNS is reached or not.
        host: Address to listen on.
        port: Port; 0 takes a free one.
    """

    def __init__(self, plant: PlantView, host: str, port: int) -> None:
        self._plant = plant
        self._listener = socket.socket()
        self._listener.setblocking(False)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, port))
        self.address: tuple[str, int] = self._listener.getsockname()
        self._fillers: list[socket.socket] = []
        self._held: list[socket.socket] = []
        self._serving: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._listener.listen(0)
        self._leave = self._plant.subscribe(self._on_event)
        self._follow()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        for one in (*self._fillers, *self._held, self._listener):
            one.close()

    def _on_event(self, _event: PlantEvent) -> None:
        self._follow()

    def _follow(self) -> None:
        """Accept, or fall silent, as the plant says."""
        up = self._plant.state.platform.lns_up
        if up and self._serving is None:
            for one in self._fillers:
                one.close()
            self._fillers = []
            self._serving = asyncio.create_task(self._serve())
        elif not up and self._serving is not None:
            self._serving.cancel()
            self._serving = None
            self._fill()

    def _fill(self) -> None:
        for _ in range(_FILLERS):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(self.address)
            self._fillers.append(filler)

    async def _serve(self) -> None:
        """Accept for ever; who connects learns that the machine is there, and nothing else."""
        loop = asyncio.get_running_loop()
        while True:
            found, _ = await loop.sock_accept(self._listener)
            self._held.append(found)
            for old in self._held[:-_HELD]:
                old.close()
            self._held = self._held[-_HELD:]


_HELD = 64  # C: connections kept open at once; a prober closes its own within a second
