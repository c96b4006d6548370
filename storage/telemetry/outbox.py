"""The outbox: requests acknowledged to us and not yet by the server, gzipped, in a SQLite file.

A request leaves it when the server said 204. One that the server will never take becomes a dead letter, kept until
somebody retries, exports or drops it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage.telemetry.columns import instant, micros
from storage.telemetry.errors import TelemetryFullError, named

NAME = "outbox.sqlite"
PAGE_BYTES = 16_384
"""A request is 10 kB (an OLT) to 400 kB: few pages each (C)."""
CHECKPOINT_PAGES = 256
"""4 MB of WAL, as SQLite's default of 1000 pages of 4 kB."""
KEPT_PAGES = 4096
"""Free pages left in the file, 64 MB (C)."""
SHRUNK_PAGES = 1024
"""Pages given back at once, 16 MB: a short pause for whoever appends (C)."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, lines INTEGER, body BLOB);
CREATE TABLE IF NOT EXISTS dead (id INTEGER PRIMARY KEY, at INTEGER, lines INTEGER, body BLOB, status INTEGER,
    detail TEXT);
"""


@dataclass(frozen=True, slots=True)
class Request:
    """A body to send.

    Attributes:
        id: Its place in the order of arrival.
        lines: How many lines it has.
        body: Gzipped line protocol.
    """

    id: int
    lines: int
    body: bytes


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A request that the server refused for good.

    Attributes:
        id: Its number.
        at: When it was acknowledged.
        lines: How many lines it has.
        status: What the server answered.
        detail: Its words, cut to 500 characters.
    """

    id: int
    at: datetime
    lines: int
    status: int
    detail: str


@dataclass(frozen=True, slots=True)
class Spool:
    """What waits.

    Attributes:
        waiting: Requests to send.
        lines: Their lines.
        size: Their bytes, gzipped.
        oldest: When the oldest was acknowledged.
        dead: Dead letters.
    """

    waiting: int
    lines: int
    size: int
    oldest: datetime | None
    dead: int


class Outbox:
    """The file of requests; any thread may use it, and other processes too."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / NAME
        self._mutex = threading.Lock()
        self._sent: list[int] = []
        self._refused: dict[int, tuple[int, str]] = {}
        with named(self._path):
            self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=5)
            for pragma in (
                f"page_size={PAGE_BYTES}",
                "auto_vacuum=INCREMENTAL",
                "journal_mode=WAL",
                "synchronous=FULL",
            ):
                self._db.execute(f"PRAGMA {pragma}").fetchall()
            self._db.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")

    def close(self) -> None:
        """Close the file."""
        with self._mutex:
            self._db.close()

    @contextmanager
    def _locked(self) -> Iterator[sqlite3.Connection]:
        with self._mutex, named(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def add(self, requests: Iterable[tuple[bytes, int]], at: datetime) -> None:
        """Keep requests; on the disk, all or none, when it returns."""
        found = [(micros(at), lines, body) for body, lines in requests]
        if found:
            with self._locked() as db:
                db.executemany("INSERT INTO waiting (at, lines, body) VALUES (?, ?, ?)", found)

    def oldest(self) -> Request | None:
        """The request to send next."""
        done = max(self._sent + list(self._refused), default=0)
        with self._mutex, named(self._path):
            row = self._db.execute(
                "SELECT id, lines, body FROM waiting WHERE id > ? ORDER BY id LIMIT 1", (done,)
            ).fetchone()
        return None if row is None else Request(*row)

    def sent(self, request: Request) -> None:
        """The server has it: forget it. After a kill here it is sent twice, and kept once by the server.

        On a full disk nothing can be deleted either (a deletion is written first): it is remembered until it can be.
        """
        self._sent.append(request.id)
        self._settle()

    def refused(self, request: Request, status: int, detail: str) -> None:
        """The server will never take it: make it a dead letter; on a full disk, once there is room, as above."""
        self._refused[request.id] = (status, detail[:500])
        self._settle()

    def _settle(self) -> None:
        try:
            self._move()
        except TelemetryFullError:
            self._checkpoint()
            with contextlib.suppress(TelemetryFullError):
                self._move()

    def _move(self) -> None:
        """Delete what was sent, then make dead letters of what was refused: the first makes room for the second."""
        if self._sent:
            with self._locked() as db:
                db.executemany("DELETE FROM waiting WHERE id = ?", [(number,) for number in self._sent])
            self._sent.clear()
        for number, (status, detail) in sorted(self._refused.items()):
            with self._locked() as db:
                db.execute(
                    "INSERT INTO dead SELECT id, at, lines, body, ?, ? FROM waiting WHERE id = ?",
                    (status, detail, number),
                )
                db.execute("DELETE FROM waiting WHERE id = ?", (number,))
            del self._refused[number]

    def _checkpoint(self) -> None:
        with self._mutex, contextlib.suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()

    def shrink(self) -> None:
        """Give the disk back what a long outage took; the pages of a few requests stay, to be used again.

        What a full disk kept from being settled is settled first.
        """
        if self._sent or self._refused:
            self._settle()
        with self._mutex, named(self._path):
            if self._db.execute("PRAGMA freelist_count").fetchone()[0] > KEPT_PAGES:
                self._db.execute(f"PRAGMA incremental_vacuum({SHRUNK_PAGES})").fetchall()

    def spool(self) -> Spool:
        """What waits."""
        with self._mutex, named(self._path):
            count, lines, size, oldest = self._db.execute(
                "SELECT count(*), coalesce(sum(lines), 0), coalesce(sum(length(body)), 0), min(at) FROM waiting"
            ).fetchone()
            (dead,) = self._db.execute("SELECT count(*) FROM dead").fetchone()
        return Spool(count, lines, size, None if oldest is None else instant(oldest), dead)

    def dead_letters(self) -> list[DeadLetter]:
        """Every dead letter, oldest first."""
        with self._mutex, named(self._path):
            rows = self._db.execute("SELECT id, at, lines, status, detail FROM dead ORDER BY id").fetchall()
        return [DeadLetter(number, instant(at), *rest) for number, at, *rest in rows]

    def dead_body(self, number: int) -> bytes | None:
        """Gzipped lines of a dead letter."""
        with self._mutex, named(self._path):
            row = self._db.execute("SELECT body FROM dead WHERE id = ?", (number,)).fetchone()
        return None if row is None else bytes(row[0])

    def retry(self) -> int:
        """Send every dead letter again, after what waits; how many."""
        with self._locked() as db:
            db.execute("INSERT INTO waiting (at, lines, body) SELECT at, lines, body FROM dead ORDER BY id")
            return db.execute("DELETE FROM dead").rowcount

    def drop(self, number: int) -> bool:
        """Forget a dead letter for good."""
        with self._locked() as db:
            return db.execute("DELETE FROM dead WHERE id = ?", (number,)).rowcount == 1
