"""Informs of the OLTs of a fleet (RFC 3416 4.2.7): sent again until they are acknowledged, few at once of each OLT."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

Address = tuple[str, int]
Key = tuple[int, Address]

WAIT_S = 1.0  # C: before an unanswered inform is sent again, each time twice as long as before
_COPIES = 8  # C: and then given up, after 4 minutes
_AT_ONCE = 32  # C: of one OLT towards one receiver; the next ones wait for room


@dataclass(slots=True)
class InformCounts:
    """Informs acknowledged, those sent again, and those given up."""

    acknowledged: int = 0
    again: int = 0
    given_up: int = 0


@dataclass(slots=True)
class _Line:
    """What one OLT has to tell one receiver."""

    waiting: deque[int] = field(default_factory=deque)
    flying: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Inform:
    key: Key
    send: Callable[[], None]
    sent: int = 0
    timer: asyncio.TimerHandle | None = None


class Informs:
    """Those that are not acknowledged yet.

    Args:
        wait_s: Before the first copy.
    """

    def __init__(self, wait_s: float = WAIT_S) -> None:
        self.counts = InformCounts()
        self._wait_s = wait_s
        self._informs: dict[int, _Inform] = {}
        self._lines: dict[Key, _Line] = {}

    def __len__(self) -> int:
        return len(self._informs)

    def tell(self, number: int, key: Key, send: Callable[[], None]) -> None:
        """Send an inform as soon as there is room; ``send`` makes the datagram anew, for its keys may have changed."""
        self._informs[number] = _Inform(key, send)
        self._lines.setdefault(key, _Line()).waiting.append(number)
        self._fill(key)

    def acknowledged(self, number: int) -> None:
        """The receiver has it."""
        if self._done(number):
            self.counts.acknowledged += 1

    def again(self, number: int) -> None:
        """Send it again, now: nobody answered, or the receiver's keys are only known since."""
        inform = self._informs.get(number)
        if inform is None:
            return
        if inform.timer is not None:
            inform.timer.cancel()
        if inform.sent >= _COPIES:
            self._done(number)
            self.counts.given_up += 1
            return
        self.counts.again += bool(inform.sent)
        inform.timer = asyncio.get_running_loop().call_later(self._wait_s * 2**inform.sent, self.again, number)
        inform.sent += 1
        inform.send()

    def close(self) -> None:
        """Forget all of them."""
        for inform in self._informs.values():
            if inform.timer is not None:
                inform.timer.cancel()
        self._informs.clear()
        self._lines.clear()

    def _done(self, number: int) -> bool:
        inform = self._informs.pop(number, None)
        if inform is None:
            return False
        if inform.timer is not None:
            inform.timer.cancel()
        self._lines[inform.key].flying.discard(number)
        self._fill(inform.key)
        return True

    def _fill(self, key: Key) -> None:
        line = self._lines[key]
        while line.waiting and len(line.flying) < _AT_ONCE:
            number = line.waiting.popleft()
            line.flying.add(number)
            self.again(number)
