"""Who runs next: a queue with priorities, fair between operators, and what an operator may ask.

One operator that asks for a thousand tests waits for its own thousand: another's first test runs next.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum

from domain.errors import TooManyError


class Priority(IntEnum):
    """Smaller runs first."""

    DEPOSIT = 0  # a deposit waits for it
    AGENT = 1
    REFERENCE = 2  # nobody waits for it


class FairQueue:
    """Slots handed out by priority, then to the operator that has fewest running, then to who waited longest."""

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._running: Counter[str] = Counter()
        self._waiting: dict[Priority, OrderedDict[str, deque[asyncio.Future[None]]]] = {
            priority: OrderedDict() for priority in Priority
        }

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(len(queue) for operators in self._waiting.values() for queue in operators.values())

    @asynccontextmanager
    async def slot(self, operator: str, priority: Priority) -> AsyncIterator[None]:
        """Hold a slot for the block."""
        await self._take(operator, priority)
        try:
            yield
        finally:
            self._give(operator)

    async def _take(self, operator: str, priority: Priority) -> None:
        if self._free:
            self._start(operator)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[priority].setdefault(operator, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the slot came at the same moment: it goes to the next
                self._give(operator)
            else:
                self._leave(operator, priority, turn)
            raise

    def _leave(self, operator: str, priority: Priority, turn: asyncio.Future[None]) -> None:
        queue = self._waiting[priority].get(operator)
        if queue is not None and turn in queue:
            queue.remove(turn)
            if not queue:
                del self._waiting[priority][operator]

    def _start(self, operator: str) -> None:
        self._free -= 1
        self._running[operator] += 1

    def _give(self, operator: str) -> None:
        self._free += 1
        self._running[operator] -= 1
        if not self._running[operator]:
            del self._running[operator]
        while self._free and (chosen := self._next()) is not None:
            operator, turn = chosen
            if not turn.done():
                self._start(operator)
                turn.set_result(None)

    def _next(self) -> tuple[str, asyncio.Future[None]] | None:
        for operators in self._waiting.values():
            if operators:
                operator = min(operators, key=lambda name: self._running[name])  # the first of equals waited longest
                turn = operators[operator].popleft()
                if operators[operator]:
                    operators.move_to_end(operator)
                else:
                    del operators[operator]
                return operator, turn
        return None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one operator may ask.

    Attributes:
        pending: Tests that run or wait at once.
        per_minute: Tests a minute, kept up for ever; as many may come at once.
    """

    pending: int
    per_minute: int


class Limits:
    """Counts what each operator asks; raises `TooManyError` with the time to wait.

    Args:
        allowance: The same for every operator.
        monotonic: Seconds that never go back.
    """

    def __init__(self, allowance: Allowance, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._allowance = allowance
        self._monotonic = monotonic
        self._pending: Counter[str] = Counter()
        self._buckets: dict[str, tuple[float, float]] = {}

    def admit(self, operator: str, count: int = 1) -> None:
        """Take ``count`` tests into account, all or none."""
        if self._pending[operator] + count > self._allowance.pending:
            raise TooManyError(1.0)
        rate = self._allowance.per_minute / 60
        left, at = self._buckets.get(operator, (float(self._allowance.per_minute), self._monotonic()))
        now = self._monotonic()
        left = min(float(self._allowance.per_minute), left + (now - at) * rate)
        if left < count:
            raise TooManyError((count - left) / rate)
        self._buckets[operator] = left - count, now
        self._pending[operator] += count

    def ended(self, operator: str) -> None:
        """A test is over."""
        self._pending[operator] -= 1
        if self._pending[operator] <= 0:
            del self._pending[operator]

    def undo(self, operator: str) -> None:
        """A test that was admitted was not one: an earlier request had asked for it, or it was refused."""
        self.ended(operator)
        if operator in self._buckets:
            left, at = self._buckets[operator]
            self._buckets[operator] = left + 1, at
