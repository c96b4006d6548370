"""Progress of running tests, pushed to whoever listens (SSE): an in-process bus, nothing kept, nobody slowed down."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a test.

    Attributes:
        kind: ``source`` when a source has been read, ``state`` when the test changed state.
        data: JSON-ready description.
        final: Whether nothing follows.
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    final: bool = False


class ProgressBus:
    """Hands the steps of each test, or téléaction, to its listeners by its number.

    A listener that lags loses steps, never the last one.
    """

    LIMIT = 64

    def __init__(self) -> None:
        self._listeners: defaultdict[Hashable, set[asyncio.Queue[Progress]]] = defaultdict(set)

    def publish(self, number: Hashable, step: Progress) -> None:
        """Give a step to every listener of that test."""
        for queue in self._listeners.get(number, ()):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(step)

    @contextmanager
    def listen(self, number: Hashable) -> Iterator[asyncio.Queue[Progress]]:
        """A queue of the steps published from now on."""
        queue: asyncio.Queue[Progress] = asyncio.Queue(self.LIMIT)
        self._listeners[number].add(queue)
        try:
            yield queue
        finally:
            self._listeners[number].discard(queue)
            if not self._listeners[number]:
                del self._listeners[number]
