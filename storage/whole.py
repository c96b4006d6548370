"""Work that runs to its end once it has begun, and begins at once.

`asyncio.shield` makes a task of it, which costs three turns of the loop even for work that waits for nothing: beside
200 agents a turn is some milliseconds. Here the work goes on at once, in the caller's own turn, until it first waits;
only what is left of it becomes a task. (Python 3.12 knows this as eager tasks.)

Until it first waits, ``asyncio.current_task()`` is the caller's: work must not open ``asyncio.timeout`` or a
``TaskGroup`` before that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

R = TypeVar("R")

Keep = Callable[["asyncio.Task[Any]"], None]


async def whole(work: Coroutine[Any, Any, R], keep: Keep | None = None) -> R:
    """The result of ``work``; a caller that is cancelled leaves it alone, and its end is lost to that caller only.

    ``keep`` is given the task of what could not be done at once.
    """
    try:
        awaited = work.send(None)
    except StopIteration as end:
        result: R = end.value
        return result
    task = asyncio.create_task(_Left(work, awaited), name="whole")
    if keep is not None:
        keep(task)
    return await asyncio.shield(task)


class _Left(Generator[Any, Any, R], Coroutine[Any, Any, R]):
    """What is left of work that waits for ``awaited``. It has begun: a task cancelled at once tells it so too."""

    def __init__(self, work: Coroutine[Any, Any, R], awaited: Any) -> None:
        self._work = work
        self._awaited: tuple[Any, ...] = (awaited,)

    def send(self, value: Any) -> Any:
        if self._awaited:
            (awaited,), self._awaited = self._awaited, ()
            return awaited
        return self._work.send(value)

    def throw(self, *error: Any) -> Any:
        self._awaited = ()
        return self._work.throw(*error)

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, R]:
        return self
