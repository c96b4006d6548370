"""Engines of the records. On SQLite: one writer that takes its lock when it begins, and readers that cannot write."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from domain.errors import InvalidValueError

BUSY_TIMEOUT_MS = 5000
"""How long another process may hold SQLite's write lock before we give up (C)."""
READERS = 4
"""Reading connections on SQLite, a thread each (C: a diagnosis asks for four records at once)."""


def parse_url(text: str) -> URL:
    """The URL of the records; one that is not, or a SQLite that is not a file, raises `InvalidValueError`."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise InvalidValueError("database_url", "…", "a SQLAlchemy URL") from None
    if url.get_backend_name() == "sqlite" and (url.database in {None, "", ":memory:"} or "mode" in url.query):
        raise InvalidValueError("database_url", url.render_as_string(), "a SQLite file: memory cannot be shared")
    return url


def absent(url: URL) -> bool:
    """Whether it is a SQLite file that does not exist."""
    return url.get_backend_name() == "sqlite" and url.database is not None and not Path(url.database).exists()


def prepare_file(url: URL) -> None:
    """Create the folder and the file of a SQLite database, readable by its owner alone: it holds secrets."""
    if url.get_backend_name() != "sqlite" or url.database is None:
        return
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)


def open_engines(url: URL) -> tuple[AsyncEngine, AsyncEngine]:
    """The engine that writes and the engine that reads: one pool of connections for both on PostgreSQL.

    Parameters never show in errors, nor in the driver's debug log.
    """
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)  # its debug lines carry every parameter
    common: dict[str, Any] = {"echo": False, "hide_parameters": True}
    if url.get_backend_name() != "sqlite":
        engine = create_async_engine(url, pool_pre_ping=True, **common)
        return engine, engine.execution_options(postgresql_readonly=True)
    writer = create_async_engine(url, pool_size=1, max_overflow=0, **common)
    reader = create_async_engine(
        url,
        pool_size=READERS,
        max_overflow=0,
        isolation_level="AUTOCOMMIT",  # each read is one statement, which sees one state of the database by itself
        skip_autocommit_rollback=True,  # a rollback of nothing would be one more thread hop
        **common,
    )
    event.listen(writer.sync_engine, "connect", _prepare_writer)
    event.listen(writer.sync_engine, "begin", _begin_immediate)
    event.listen(reader.sync_engine, "connect", _prepare_reader)
    return writer, reader


def open_blocking(url: URL) -> tuple[Engine, Engine] | None:
    """On SQLite: an engine that writes and one that reads for a thread of one's own; ``None`` on PostgreSQL.

    A connection each, kept open. Whoever uses them runs a whole transaction in one visit of that thread: through the
    asynchronous driver each statement is four.
    """
    if url.get_backend_name() != "sqlite":
        return None
    plain = url.set(drivername="sqlite")
    common: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "echo": False, "hide_parameters": True}
    common["connect_args"] = {"check_same_thread": False}  # closed by the loop's thread once its own has ended
    writer = create_engine(plain, **common)
    reader = create_engine(plain, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True, **common)
    event.listen(writer, "connect", _prepare_writer)
    event.listen(writer, "begin", _begin_immediate)
    event.listen(reader, "connect", _prepare_reader)
    return writer, reader


def open_readers(url: URL) -> Engine | None:
    """On SQLite: an engine that reads for `READERS` threads, a connection each; ``None`` on PostgreSQL."""
    if url.get_backend_name() != "sqlite":
        return None
    engine = create_engine(
        url.set(drivername="sqlite"),
        pool_size=READERS,
        max_overflow=0,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        echo=False,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_reader)
    return engine


def open_at_once(url: URL) -> tuple[Engine, Engine] | None:
    """On SQLite: an engine that reads and one that writes in the loop's thread; ``None`` on PostgreSQL.

    A connection each. The second waits for nobody: where another process writes, it says so at once.
    """
    if url.get_backend_name() != "sqlite":
        return None
    plain = url.set(drivername="sqlite")
    common: dict[str, Any] = {"echo": False, "hide_parameters": True, "connect_args": {"check_same_thread": False}}
    reader = create_engine(
        plain, poolclass=StaticPool, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True, **common
    )
    writer = create_engine(plain, pool_size=1, max_overflow=0, **common)
    event.listen(reader, "connect", _prepare_reader)
    event.listen(writer, "connect", _prepare_writer_at_once)
    event.listen(writer, "begin", _begin_immediate)
    return reader, writer


def _run(dbapi_connection: Any, *pragmas: str) -> None:
    cursor = dbapi_connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_writer(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None  # `_begin_immediate` begins, not sqlite3's guess
    _run(
        dbapi_connection,
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    )


def _prepare_writer_at_once(dbapi_connection: Any, record: Any) -> None:
    _prepare_writer(dbapi_connection, record)
    # The log is put into the file by those who write in threads of their own; by this one when they have not for long.
    _run(dbapi_connection, "busy_timeout=0", "wal_autocheckpoint=8000")


def _prepare_reader(dbapi_connection: Any, _record: Any) -> None:
    _run(dbapi_connection, f"busy_timeout={BUSY_TIMEOUT_MS}", "query_only=ON")


def _begin_immediate(connection: Connection) -> None:
    # A deferred transaction that reads, then writes, fails at once when another writer came between (SQLITE_BUSY
    # whatever the timeout): take the lock first.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
