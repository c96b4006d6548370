"""Short statements on SQLite in the thread of the event loop: a hop to another thread costs more than they do.

Such a statement touches a few rows by a key. Whatever may touch many goes through `Database.read` and `write`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Row
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker


class AtOnce:
    """A connection that reads and one that writes, both of the loop's thread alone."""

    def __init__(self, reader: Engine, writer: Engine) -> None:
        self.engines = (reader, writer)
        self._reading: Connection | None = None
        self._sessions = sessionmaker(writer, expire_on_commit=False, autoflush=False)

    def rows(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """The rows of a statement, all read."""
        if self._reading is None:
            self._reading = self.engines[0].connect()
        return self._reading.execute(statement, values).all()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WritingAtOnce | None]:
        """A transaction that begins at once; ``None`` where another process writes at this moment."""
        with self._sessions() as session:
            try:
                session.connection()
            except OperationalError as error:
                if not _busy(error):
                    raise
                yield None
                return
            yield WritingAtOnce(session)
            session.commit()

    def close(self) -> None:
        """Let the connections go."""
        if self._reading is not None:
            self._reading.close()
        for engine in self.engines:
            engine.dispose()


class WritingAtOnce:
    """What repositories write with, as they would with an ``AsyncSession``; nothing in it waits."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> Any:
        """The result of a statement."""
        return self._session.execute(statement, values)

    async def scalar(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row; ``None`` without any."""
        return self._session.scalar(statement, values)


def _busy(error: OperationalError) -> bool:
    cause = error.orig
    return isinstance(cause, sqlite3.OperationalError) and cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
