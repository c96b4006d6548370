"""Reads in one visit of a thread: through the asynchronous driver each statement is several of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Engine, Executable, FrozenResult, Result, ScalarResult
from sqlalchemy.orm import Session, sessionmaker

from storage.visiting import visit

R = TypeVar("R")


class Readers:
    """Threads, a connection each, in which statements are executed and their rows read to the last one."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self.engine = engine
        self._threads = ThreadPoolExecutor(threads, "records-reads")
        self._sessions = sessionmaker(engine, expire_on_commit=False, autoflush=False)

    def session(self) -> ReadSession:
        """A session that reads; each statement sees one state of the database by itself."""
        return ReadSession(self)

    async def visit(self, work: Callable[[Session], R]) -> R:
        """The result of ``work`` in one of the threads."""
        return await visit(self._threads, self._do, work)

    def _do(self, work: Callable[[Session], R]) -> R:
        with self._sessions() as session:
            return work(session)

    def close(self) -> None:
        """Let the threads end what they do, and the connections go."""
        self._threads.shutdown()
        self.engine.dispose()


def _frozen(statement: Executable, values: Mapping[str, Any] | None, session: Session) -> FrozenResult[Any]:
    return session.execute(statement, values).freeze()


class ReadSession:
    """What repositories read with, as they would with an ``AsyncSession``."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def __aenter__(self) -> ReadSession:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is held between two statements."""

    async def execute(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Result[Any]:
        """The rows, read already."""
        work = partial(_frozen, statement, values)
        frozen: FrozenResult[Any] = await self._readers.visit(work)
        return frozen()

    async def scalars(self, statement: Executable) -> ScalarResult[Any]:
        """The first column of the rows, read already."""
        return (await self.execute(statement)).scalars()

    async def scalar(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row; ``None`` without any."""
        return await self._readers.visit(lambda session: session.scalar(statement, values))

    async def get(self, model: type[R], key: Any) -> R | None:
        """The row of a key."""
        return await self._readers.visit(lambda session: session.get(model, key))
