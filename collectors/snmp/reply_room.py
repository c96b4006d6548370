"""Room for replies: all requests in flight of a socket together may bring no more than its receive buffer holds.

A reply that finds the buffer full is lost without a trace. Agents take turns: whoever waits for room sends one request,
then waits behind the others. Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class ReplyRoom:
    """Octets that replies may bring, and who waits for some.

    Attributes:
        most: Octets that may be expected at once; exceeded by one reply at most.
        expected: Octets expected now.
    """

    most: int
    expected: int = 0
    _queue: deque[Callable[[], None]] = field(default_factory=deque)
    _serving: bool = False

    def take(self, octets: int) -> bool:
        """Whether a reply of so many octets may be asked for now; it then counts until `give`."""
        if self.expected >= self.most or (self._queue and not self._serving):
            return False
        self.expected += octets
        return True

    def give(self, octets: int) -> None:
        """A reply came, or will not come. `serve` gives the room to others."""
        self.expected -= octets

    def wait(self, turn: Callable[[], None]) -> None:
        """Call ``turn`` once when there is room again, after those who wait already; it may `take` one reply."""
        self._queue.append(turn)

    def serve(self) -> None:
        """Let those who wait go on, as far as there is room."""
        if self._serving:
            return
        self._serving = True
        try:
            while self._queue and self.expected < self.most:
                self._queue.popleft()()
        finally:
            self._serving = False
