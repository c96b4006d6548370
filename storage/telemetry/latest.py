"""The last sample of every ONT, by OLT and metric: whole columns, so that the fleet's worst is one read of each.

Filled after the segment, in its own file; what a kill left between the two is applied again from the segment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from domain.telemetry import Codes, Keys, Values, Where
from storage.telemetry.columns import Cycle, Rows, bounds, rows_of, together
from storage.telemetry.errors import named

NAME = "latest.sqlite"
_SHIFT = 16
"""Bits of a column's identifier left to the metric: 65,536 metrics."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS olts (id INTEGER PRIMARY KEY, operator_id TEXT, name TEXT, keys BLOB,
    UNIQUE (operator_id, name));
CREATE TABLE IF NOT EXISTS metrics (id INTEGER PRIMARY KEY, key TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS columns (id INTEGER PRIMARY KEY, at INTEGER, ats BLOB, cells BLOB, codes BLOB);
CREATE TABLE IF NOT EXISTS applied (segment TEXT PRIMARY KEY, cycle INTEGER);
"""


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    ats: Keys
    values: Values
    codes: Codes


class Latest:
    """The file of last samples; used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._olts: dict[tuple[str, str], tuple[int, Keys]] = {}
        self._metrics: dict[str, int] = {}
        self._whole: dict[int, int] = {}

    @classmethod
    def for_writing(cls, folder: Path) -> Latest:
        """Open, created if need be. It can be computed again from the segments, so it waits for no disk."""
        path = folder / NAME
        with named(path):
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            connection.execute("PRAGMA page_size=16384")
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=2000"):
                connection.execute(f"PRAGMA {pragma}").fetchall()
            connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
        return cls(connection)

    @classmethod
    def for_reading(cls, folder: Path) -> Latest | None:
        """Open what another connection writes; ``None`` while nothing was ever written."""
        path = folder / NAME
        if not path.exists():
            return None
        with named(path):
            connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, check_same_thread=False, timeout=5)
            connection.isolation_level = None
            connection.execute("PRAGMA query_only=ON")
            tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0]
        if tables < 4:
            connection.close()
            return None
        return cls(connection)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One transaction; rolled back by any error."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            for memory in (self._olts, self._metrics, self._whole):
                memory.clear()
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def applied(self) -> dict[str, int]:
        """Greatest cycle applied, by segment."""
        return dict(self._db.execute("SELECT segment, cycle FROM applied").fetchall())

    def mark(self, segment: str, cycle: int) -> None:
        """Say that every cycle of a segment up to this one is in here."""
        self._db.execute("INSERT OR REPLACE INTO applied VALUES (?, ?)", (segment, cycle))

    def forget(self, segment: str) -> None:
        """Drop the mark of a segment that is no longer written."""
        self._db.execute("DELETE FROM applied WHERE segment = ?", (segment,))

    def apply(self, cycle: Cycle) -> None:
        """Take what a cycle read, where it is newer than what is here. Within `locked`."""
        number, places = self._aligned(cycle.operator_id, cycle.olt, cycle.keys)
        at = cycle.at
        for metric, (values, codes) in cycle.columns.items():
            column = (number << _SHIFT) | self._metric(metric)
            if places is None and cycle.whole and self._whole.get(column, at) < at:
                self._put(column, at, None, values, codes)
            else:
                self._merge(column, number, places, at, values, codes)

    def _aligned(self, operator_id: str, olt: str, keys: Keys) -> tuple[int, Keys | None]:
        """Number of the OLT, and places of the keys in its list (``None``: they are the list)."""
        known = self._olts.get((operator_id, olt)) or self._load(operator_id, olt)
        if known is None:
            done = self._db.execute(
                "INSERT INTO olts (operator_id, name, keys) VALUES (?, ?, ?)", (operator_id, olt, keys.tobytes())
            )
            known = (int(done.lastrowid or 0), keys)
        number, every = known
        if not np.array_equal(every, keys):
            union = np.union1d(every, keys)
            if len(union) != len(every):
                self._widen(number, every, union)
            every = union
        self._olts[operator_id, olt] = (number, every)
        return number, None if len(every) == len(keys) else np.searchsorted(every, keys)

    def _load(self, operator_id: str, olt: str) -> tuple[int, Keys] | None:
        row = self._db.execute(
            "SELECT id, keys FROM olts WHERE operator_id = ? AND name = ?", (operator_id, olt)
        ).fetchone()
        return None if row is None else (int(row[0]), np.frombuffer(row[1], dtype=np.int64))

    def _widen(self, number: int, before: Keys, after: Keys) -> None:
        """New ONTs: every column of the OLT gets their places, without sample."""
        places = np.searchsorted(after, before)
        self._db.execute("UPDATE olts SET keys = ? WHERE id = ?", (after.tobytes(), number))
        first = number << _SHIFT
        found = self._db.execute(
            "SELECT id FROM columns WHERE id >= ? AND id < ?", (first, first + (1 << _SHIFT))
        ).fetchall()
        for (column,) in found:
            old, new = self._column(column, len(before)), _empty(len(after))
            new.ats[places], new.values[places], new.codes[places] = old.ats, old.values, old.codes
            self._put(column, None, new.ats, new.values, new.codes)

    def _metric(self, key: str) -> int:
        found = self._metrics.get(key)
        if found is None:
            self._db.execute("INSERT OR IGNORE INTO metrics (key) VALUES (?)", (key,))
            found = int(self._db.execute("SELECT id FROM metrics WHERE key = ?", (key,)).fetchone()[0])
            self._metrics[key] = found
        return found

    def _merge(self, column: int, number: int, places: Keys | None, at: int, values: Values, codes: Codes) -> None:
        row = self._db.execute("SELECT keys FROM olts WHERE id = ?", (number,)).fetchone()
        width = len(row[0]) // 8
        old = self._column(column, width)
        chosen = np.arange(width) if places is None else places
        asked = ~np.isnan(values) | (codes != 0)
        same = (old.ats[chosen] == at) & ((codes == 0) | np.isnan(old.values[chosen]))
        better = asked & ((old.ats[chosen] < at) | same)
        into = chosen[better]
        old.ats[into], old.values[into], old.codes[into] = at, values[better], codes[better]
        self._put(column, None, old.ats, old.values, old.codes)

    def _put(self, column: int, at: int | None, ats: Keys | None, values: Values, codes: Codes) -> None:
        if ats is not None and len(ats) and (ats == ats[0]).all() and ats[0] != _NEVER:
            at, ats = int(ats[0]), None
        self._db.execute(
            "INSERT OR REPLACE INTO columns VALUES (?, ?, ?, ?, ?)",
            (
                column,
                at,
                None if ats is None else ats.tobytes(),
                values.tobytes(),
                codes.tobytes() if codes.any() else None,
            ),
        )
        if at is None:
            self._whole.pop(column, None)
        else:
            self._whole[column] = at

    def _column(self, column: int, width: int) -> _Column:
        row = self._db.execute("SELECT at, ats, cells, codes FROM columns WHERE id = ?", (column,)).fetchone()
        return _empty(width) if row is None else _decoded(*row)

    # -- reading

    def rows(self, where: Where, metric: str) -> Rows:
        """The last samples of a metric."""
        found = self._db.execute("SELECT id FROM metrics WHERE key = ?", (metric,)).fetchone()
        if found is None:
            return together([])
        chosen = "AND o.name = ? " if where.olt is not None else ""
        columns = self._db.execute(
            "SELECT o.name, o.keys, c.at, c.ats, c.cells, c.codes FROM olts o "  # noqa: S608 - a constant of ours
            f"CROSS JOIN columns c ON c.id = (o.id << {_SHIFT}) | ? WHERE o.operator_id = ? {chosen}",
            (found[0], where.operator_id, *([where.olt] if where.olt is not None else [])),
        )
        parts = []
        for name, raw, *column in columns:
            keys = np.frombuffer(raw, dtype=np.int64)
            low, high = np.searchsorted(keys, bounds(where))
            if low == high:
                continue
            whole = _decoded(*column)
            cut = slice(int(low), int(high))
            parts.append(rows_of(name, keys[cut], whole.ats[cut], whole.values[cut], whole.codes[cut]))
        return together(parts)


_NEVER = np.iinfo(np.int64).min


def _empty(width: int) -> _Column:
    return _Column(np.full(width, _NEVER), np.full(width, np.nan), np.zeros(width, dtype=np.uint8))


def _decoded(at: int | None, ats: bytes | None, cells: bytes, codes: bytes | None) -> _Column:
    values = np.frombuffer(cells, dtype=np.float64).copy()
    return _Column(
        np.full(len(values), at, dtype=np.int64) if ats is None else np.frombuffer(ats, dtype=np.int64).copy(),
        values,
        np.zeros(len(values), dtype=np.uint8) if codes is None else np.frombuffer(codes, dtype=np.uint8).copy(),
    )
