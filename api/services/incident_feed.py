"""Who is told of what happens to incidents, as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.incidents import Change, Incident

_WAITING = 1_024  # C: changes that a slow reader may be late


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened.

    Attributes:
        operator_id: Whose network it is.
        change: What happened.
        incident: The incident as it is now.
    """

    operator_id: str
    change: Change
    incident: Incident


class IncidentFeed:
    """Hands changes to who follows them. A reader that is too late loses the oldest: the list tells what stands."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Told]] = set()

    def tell(self, told: Told) -> None:
        """Hand a change to every reader."""
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(told)

    @contextmanager
    def follow(self) -> Iterator[asyncio.Queue[Told]]:
        """The changes from now on."""
        queue: asyncio.Queue[Told] = asyncio.Queue(_WAITING)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)
