"""Errors of the telemetry store.

::

    DiagnosticsError
    └── TelemetryError              the store cannot do it: its fields say where and why
        ├── TelemetryFullError      (also OSError) the disk, or a limit on files, refuses more bytes
        ├── TelemetryBusyError      another process writes in the same folder
        ├── TelemetryDamagedError   a sealed file does not hold what was sealed
        └── TelemetryServerError    the time-series server refuses or does not answer
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from domain.errors import DiagnosticsError

_PRIMARY = 0xFF  # the low byte of an extended SQLite code is its family (sqlite.org/rescode.html)


class TelemetryError(DiagnosticsError):
    """The store cannot do what was asked.

    Attributes:
        where: File or server concerned, without credentials.
        detail: What it said.
    """

    def __init__(self, where: str, detail: str) -> None:
        self.where = where
        self.detail = detail
        super().__init__(f"{where}: {detail}")


class TelemetryFullError(TelemetryError, OSError):
    """No more bytes can be written; what was acknowledged before is untouched."""


class TelemetryBusyError(TelemetryError):
    """Another process already writes in the same folder, or holds the file."""


class TelemetryDamagedError(TelemetryError):
    """A sealed file does not hold what its seal says, or SQLite finds its file damaged."""


class TelemetryServerError(TelemetryError):
    """The server refuses a question, or does not answer.

    Attributes:
        status: HTTP status; 0 when there was no answer.
        retry_after_s: Seconds the server asks to wait (RFC 9110 §10.2.3), or ``None``.
    """

    def __init__(self, where: str, detail: str, status: int = 0, retry_after_s: float | None = None) -> None:
        super().__init__(where, detail)
        self.status = status
        self.retry_after_s = retry_after_s


_KINDS: dict[int, type[TelemetryError]] = {
    sqlite3.SQLITE_FULL: TelemetryFullError,
    sqlite3.SQLITE_IOERR: TelemetryFullError,
    sqlite3.SQLITE_BUSY: TelemetryBusyError,
    sqlite3.SQLITE_CORRUPT: TelemetryDamagedError,
    sqlite3.SQLITE_NOTADB: TelemetryDamagedError,
}


@contextmanager
def whole(path: Path) -> Iterator[None]:
    """Turn what Arrow and DuckDB say of a sealed file that is not whole into ours, naming it."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:  # the system's word; Arrow's about what it read have no number
            raise
        raise TelemetryDamagedError(path.name, str(error)) from error
    except (pa.ArrowException, duckdb.Error, KeyError) as error:
        if not path.exists():
            raise FileNotFoundError(str(path)) from error
        raise TelemetryDamagedError(path.name, str(error) or "not one of ours") from error


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, naming the file."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) or 0
        raise _KINDS.get(code & _PRIMARY, TelemetryError)(path.name, str(error)) from error
