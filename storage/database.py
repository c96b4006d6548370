"""Sessions on the records: `read` for one statement, `write` for one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Self, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, Executable, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from storage.at_once import AtOnce
from storage.credentials import Credentials, WriteSession
from storage.engines import READERS, open_at_once, open_blocking, open_engines, open_readers, parse_url, prepare_file
from storage.reading import Readers
from storage.tables import Base, table_of
from storage.together import Together
from storage.visiting import visit
from storage.whole import whole

T = TypeVar("T")
R = TypeVar("R")

Upsert = sqlite.Insert | postgresql.Insert


class Database:
    """The engines and their sessions. Repositories are given one; nothing else holds a connection."""

    def __init__(self, url: str) -> None:
        self.url: URL = parse_url(url)
        prepare_file(self.url)
        self._writer, self._reader = open_engines(self.url)
        options: dict[str, Any] = {"expire_on_commit": False, "autoflush": False}
        self.credentials = Credentials(self._writer, alone=self.url.get_backend_name() == "sqlite")
        beneath = type("WriteSession", (WriteSession,), {})  # each database hears its own
        event.listen(beneath, "after_commit", self.credentials.committed)
        self._write_sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(
            self._writer, sync_session_class=beneath, **options
        )
        self._read_sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(self._reader, **options)
        self._blocking = open_blocking(self.url)
        readers = open_readers(self.url)
        self._readers = None if readers is None else Readers(readers, READERS)
        at_once = open_at_once(self.url)
        self._at_once = None if at_once is None else AtOnce(*at_once)
        self._threads = tuple(ThreadPoolExecutor(1, f"records-{name}") for name in ("writing", "reading"))
        # A SQLite file has one writer: two that wait for each other through it are served in no order, and time out.
        self._turn: AbstractAsyncContextManager[object] = nullcontext() if self._blocking is None else asyncio.Lock()
        self._batches: list[Together[Any, Any]] = []
        self._at_work: set[asyncio.Task[Any]] = set()

    @property
    def writer(self) -> AsyncEngine:
        """The engine that writes, for migrations."""
        return self._writer

    @property
    def read_engine(self) -> Engine:
        """The engine that reads; the one that writes on PostgreSQL."""
        return self._reader.sync_engine if self._readers is None else self._readers.engine

    @property
    def engines_at_once(self) -> tuple[Engine, ...]:
        """The engines of `rows` and `write_at_once`, where they have their own."""
        return () if self._at_once is None else self._at_once.engines

    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session that only reads: ``execute``, ``scalars``, ``scalar`` and ``get``."""
        if self._readers is None:
            return self._read_sessions()
        return cast("AbstractAsyncContextManager[AsyncSession]", self._readers.session())  # these four are alike

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end of the block, rolled back by an exception. Not within another one."""
        async with self._turn, self._write_sessions.begin() as session:
            yield session

    async def rows(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """The few rows of a short statement, by a key: in the loop's own thread on SQLite (ADR-0040)."""
        if self._at_once is not None:
            return self._at_once.rows(statement, values)
        return await self.uncut(self._rows(statement, values))

    async def _rows(self, statement: Executable, values: Mapping[str, Any] | None) -> Sequence[Any]:
        async with self._reader.connect() as connection:
            return (await connection.execute(statement, values)).all()

    async def row(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any:
        """The first of these rows; ``None`` without any."""
        found = await self.rows(statement, values)
        return found[0] if found else None

    @asynccontextmanager
    async def write_at_once(self) -> AsyncIterator[AsyncSession]:
        """A transaction as `write`, of a few short statements (``execute``, ``scalar``), as `rows`."""
        if self._at_once is not None:
            async with self._turn, self._at_once.transaction() as session:
                if session is not None:
                    yield cast("AsyncSession", session)
                    return
        async with self.write() as session:
            yield session

    async def in_one_visit(self, work: Callable[[Connection], R], *, writing: bool) -> R:
        """The result of ``work`` on a connection, one transaction when it writes: one thread hop, whatever it executes.

        It cannot be cancelled once it has begun: only the wait for it is.
        """
        if self._blocking is None:
            engine = self._writer if writing else self._reader
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        if not writing:
            return await visit(self._threads[1], _visit, self._blocking[1], work)
        return await self.uncut(self._written(self._blocking[0], work))

    async def _written(self, engine: Engine, work: Callable[[Connection], R]) -> R:
        """The turn is kept until the thread has written, also when nobody waits for it any more."""
        async with self._turn:
            return await visit(self._threads[0], _visit, engine, work)

    def insert(self, model: type[Base]) -> Upsert:
        """``INSERT`` of the dialect in use, which knows ``ON CONFLICT``, on the table itself: no object is built."""
        table = table_of(model)
        return postgresql.insert(table) if self.url.get_backend_name() == "postgresql" else sqlite.insert(table)

    def together(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R]]]) -> Together[T, R]:
        """Work in batches, that ends before this database closes."""
        batches = Together(work)
        self._batches.append(batches)
        return batches

    async def uncut(self, work: Coroutine[Any, Any, R]) -> R:
        """The result of ``work``, which runs to its end even when the caller is cancelled; see `storage.uncut`.

        On SQLite it begins at once; what the driver of PostgreSQL does may only be done by a task of its own.
        """
        if self._at_once is not None:
            return await whole(work, self._keep)
        task = asyncio.create_task(work, name="records")
        self._keep(task)
        return await asyncio.shield(task)

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def close(self) -> None:
        """Finish what was being written and release connections and threads."""
        await asyncio.gather(*(batches.finish() for batches in self._batches))
        if self._at_work:
            await asyncio.wait(self._at_work)
        for thread in self._threads:
            await asyncio.to_thread(thread.shutdown)
        if self._readers is not None:
            await asyncio.to_thread(self._readers.close)
        if self._at_once is not None:
            self._at_once.close()
        for engine in self._blocking or ():
            engine.dispose()
        await self._reader.dispose()
        await self._writer.dispose()

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str) -> AsyncIterator[Self]:
        """The database, closed at the end of the block."""
        database = cls(url)
        try:
            yield database
        finally:
            await database.close()


def _visit(engine: Engine, work: Callable[[Connection], R]) -> R:
    with engine.begin() as connection:
        return work(connection)
