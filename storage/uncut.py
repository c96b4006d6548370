"""Work on the database that its caller cannot cut in the middle.

A coroutine cancelled inside a transaction (a client that hangs up, a deadline) leaves a connection whose statement is
still open in its thread: SQLAlchemy throws the connection away, but SQLite keeps the write lock until that statement
is collected. So the work always runs to its end, some milliseconds later; only the wait for it is cancelled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from storage.database import Database

P = ParamSpec("P")
R = TypeVar("R")


class _Repository(Protocol):
    _database: Database


S = TypeVar("S", bound=_Repository)

Method = Callable[Concatenate[S, P], Coroutine[Any, Any, R]]


def uncut(method: Method[S, P, R]) -> Method[S, P, R]:
    """A repository's method that runs to its end once it has begun."""

    async def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._database.uncut(method(self, *args, **kwargs))

    functools.update_wrapper(run, method)
    return run
