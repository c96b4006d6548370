"""The last sample of every ONT, by OLT and metric: whole columns, so that the fleet's worst is one read of each.

Filled after the segment, in its own file; what a kill left between the two is applied again from the segment.

A metric of an OLT has a *current* column, for the ONTs of its last cycle: a cycle of the same ONTs replaces it without
reading it. The ONTs that are no longer asked (they left the OLT, or the last cycle asked fewer) go to its *rest*. No
ONT is in both.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.metric import Metric
from domain.reading import Reason
from domain.telemetry import REASON_CODES, Codes, Instants, Keys, Latest, Values, Where
from storage.telemetry.columns import Cycle, Rows, bounds, nothing
from storage.telemetry.errors import named
from storage.telemetry.one_ont import cell_of
from storage.telemetry.present import NEVER, Present, of_the_future, ranked

NAME = "latest.sqlite"
FORMAT = 2
_ALWAYS = np.iinfo(np.int64).max
_SHIFT = 16
"""Bits of a column's identifier left to the metric: 65,536 metrics. One more bit, the lowest, tells the rest."""
_NEVER_SEEN = REASON_CODES[Reason.NEVER_SEEN]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS olts (id INTEGER PRIMARY KEY, operator_id TEXT, name TEXT, UNIQUE (operator_id, name));
CREATE TABLE IF NOT EXISTS metrics (id INTEGER PRIMARY KEY, key TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS layouts (id INTEGER PRIMARY KEY AUTOINCREMENT, olt INTEGER, digest BLOB, keys BLOB,
    UNIQUE (olt, digest));
CREATE TABLE IF NOT EXISTS columns (id INTEGER PRIMARY KEY, layout INTEGER, at INTEGER, ats BLOB, cells BLOB,
    codes BLOB);
CREATE TABLE IF NOT EXISTS applied (segment TEXT PRIMARY KEY, cycle INTEGER);
"""
_TABLES = ("olts", "metrics", "layouts", "columns", "applied")


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Last samples of one metric; an ONT without one has neither value nor reason, and the instant `NEVER`."""

    keys: Keys
    ats: Instants
    values: Values
    codes: Codes

    @classmethod
    def empty(cls, keys: Keys) -> Held:
        """ONTs without sample."""
        width = len(keys)
        return cls(keys, np.full(width, NEVER), np.full(width, np.nan), np.zeros(width, dtype=np.uint8))

    def take(self, chosen: NDArray[np.bool_]) -> Held:
        """Those of a mask."""
        return Held(self.keys[chosen], self.ats[chosen], self.values[chosen], self.codes[chosen])

    def lay(self, other: Held, latest_us: int) -> None:
        """Take another's samples, where they are newer; its ONTs are all here. What is of the future is oldest.

        At one instant a value is never hidden by a reason, else the last one given wins.
        """
        places = np.searchsorted(self.keys, other.keys)
        before, after = ranked(self.ats[places], latest_us), ranked(other.ats, latest_us)
        same = (before == after) & ((other.codes == 0) | np.isnan(self.values[places]))
        better = (other.ats != NEVER) & ((before < after) | same)
        into = places[better]
        self.ats[into], self.values[into], self.codes[into] = (
            other.ats[better], other.values[better], other.codes[better],
        )  # fmt: skip

    def believed(self, latest_us: int) -> Held:
        """The same without what is of the future."""
        future = of_the_future(self.ats, latest_us)
        if future is None:
            return self
        ats, values, codes = self.ats.copy(), self.values.copy(), self.codes.copy()
        ats[future], values[future], codes[future] = NEVER, np.nan, 0
        return Held(self.keys, ats, values, codes)


class LatestFile:
    """The file of last samples; used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path, present: Present | None) -> None:
        self._db = connection
        self._present = present
        self._path = path
        self._inode = path.stat().st_ino
        self._olts: dict[tuple[str, str], int] = {}
        self._metrics: dict[str, int] = {}
        self._layouts: dict[int, dict[bytes, int]] = {}
        self._held: dict[int, tuple[int, int]] = {}

    @classmethod
    def for_writing(cls, folder: Path, present: Present) -> LatestFile:
        """Open, created if need be: it is computed again from the segments, so it waits for no disk."""
        path = folder / NAME
        with named(path):
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            connection.execute("PRAGMA page_size=16384")
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=2000"):
                connection.execute(f"PRAGMA {pragma}").fetchall()
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            stale = "" if version == FORMAT else "".join(f"DROP TABLE IF EXISTS {name};" for name in _TABLES)
            connection.executescript(f"BEGIN IMMEDIATE;{stale}{_SCHEMA}PRAGMA user_version={FORMAT};COMMIT;")
        return cls(connection, path, present)

    @classmethod
    def for_reading(cls, folder: Path, present: Present | None = None, *, wait_s: float = 5.0) -> LatestFile | None:
        """Open what another connection writes; ``None`` while nothing was ever written.

        Args:
            folder: Where it is.
            present: Without it, samples of the future are shown as well.
            wait_s: How long a lock of the writer is waited for.
        """
        path = folder / NAME
        if not path.exists():
            return None
        with named(path):
            connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, check_same_thread=False, timeout=wait_s)
            connection.isolation_level = None
            connection.execute("PRAGMA query_only=ON")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version != FORMAT:
            connection.close()
            return None
        return cls(connection, path, present)

    def _latest_us(self) -> int:
        return _ALWAYS if self._present is None else self._present.latest_us()

    def current(self) -> bool:
        """Whether the file opened is still the one of that name."""
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

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
            for memory in (self._olts, self._metrics, self._layouts, self._held):
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
        """Drop the mark of a segment that is no more."""
        self._db.execute("DELETE FROM applied WHERE segment = ?", (segment,))

    def apply(self, cycle: Cycle) -> None:
        """Take what a cycle read, where it is newer than what is here. Within `locked`."""
        olt = self._olt(cycle.operator_id, cycle.olt)
        layout = self._layout(olt, cycle.keys)
        latest_us = self._latest_us()
        for metric, (values, codes) in cycle.columns.items():
            column = self._column(olt, metric)
            held = self._held.get(column)
            newer = held is not None and (held[1] < cycle.at or held[1] > latest_us) and cycle.at <= latest_us
            if cycle.whole and held is not None and held[0] == layout and newer:
                self._put(column, layout, cycle.at, None, values, codes)
                continue
            asked = ~np.isnan(values) | (codes != 0)
            self._merge(olt, column, Held(cycle.keys, np.where(asked, cycle.at, NEVER), values, codes))

    def lay(self, operator_id: str, olt: str, metric: str, held: Held) -> None:
        """Take samples of any instants, where they are newer than what is here. Within `locked`."""
        number = self._olt(operator_id, olt)
        self._merge(number, self._column(number, metric), held)

    def _merge(self, olt: int, column: int, fresh: Held) -> None:
        current, latest_us = self._read(column), self._latest_us()
        if current is not None and _some_of(fresh.keys, current.keys):
            current.lay(fresh, latest_us)
            self._keep(olt, column, current)
            return
        parts = [part for part in (current, self._read(column | 1)) if part is not None]
        every = Held.empty(np.unique(np.concatenate([fresh.keys, *(part.keys for part in parts)])))
        for part in (*parts, fresh):
            every.lay(part, latest_us)
        asked = np.isin(every.keys, fresh.keys, assume_unique=True)
        self._keep(olt, column, every.take(asked))
        rest = every.take(~asked & (every.ats != NEVER))
        if len(rest.keys):
            self._keep(olt, column | 1, rest)
        elif parts:
            self._db.execute("DELETE FROM columns WHERE id = ?", (column | 1,))
        self._sweep(olt)

    def _keep(self, olt: int, column: int, held: Held) -> None:
        ats, layout = held.ats, self._layout(olt, held.keys)
        if len(ats) and ats[0] != NEVER and (ats == ats[0]).all():
            self._put(column, layout, int(ats[0]), None, held.values, held.codes)
        else:
            self._put(column, layout, None, ats, held.values, held.codes)

    def _put(
        self, column: int, layout: int, at: int | None, ats: Instants | None, values: Values, codes: Codes
    ) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO columns VALUES (?, ?, ?, ?, ?, ?)",
            (
                column, layout, at, None if ats is None else ats.tobytes(), values.tobytes(),
                codes.tobytes() if codes.any() else None,
            ),
        )  # fmt: skip
        if at is None:
            self._held.pop(column, None)
        else:
            self._held[column] = (layout, at)

    def _read(self, column: int) -> Held | None:
        row = self._db.execute(
            "SELECT l.keys, c.at, c.ats, c.cells, c.codes FROM columns c JOIN layouts l ON l.id = c.layout "
            "WHERE c.id = ?",
            (column,),
        ).fetchone()
        return None if row is None else _decoded(*row)

    def _olt(self, operator_id: str, name: str) -> int:
        found = self._olts.get((operator_id, name))
        if found is None:
            self._db.execute("INSERT OR IGNORE INTO olts (operator_id, name) VALUES (?, ?)", (operator_id, name))
            asked = self._db.execute("SELECT id FROM olts WHERE operator_id = ? AND name = ?", (operator_id, name))
            found = self._olts[operator_id, name] = int(asked.fetchone()[0])
        return found

    def _column(self, olt: int, metric: str) -> int:
        found = self._metrics.get(metric)
        if found is None:
            self._db.execute("INSERT OR IGNORE INTO metrics (key) VALUES (?)", (metric,))
            asked = self._db.execute("SELECT id FROM metrics WHERE key = ?", (metric,))
            found = self._metrics[metric] = int(asked.fetchone()[0])
        return (olt << _SHIFT | found) << 1

    def _layout(self, olt: int, keys: Keys) -> int:
        raw = keys.tobytes()
        digest = hashlib.blake2b(raw, digest_size=16).digest()
        known = self._layouts.setdefault(olt, {})
        found = known.get(digest)
        if found is None:
            self._db.execute("INSERT OR IGNORE INTO layouts (olt, digest, keys) VALUES (?, ?, ?)", (olt, digest, raw))
            asked = self._db.execute("SELECT id FROM layouts WHERE olt = ? AND digest = ?", (olt, digest))
            found = known[digest] = int(asked.fetchone()[0])
        return found

    def _sweep(self, olt: int) -> None:
        """Forget the lists of ONTs that no column of an OLT uses any more."""
        self._db.execute(
            "DELETE FROM layouts WHERE olt = ? AND id NOT IN (SELECT layout FROM columns WHERE id >= ? AND id < ?)",
            (olt, olt << (_SHIFT + 1), (olt + 1) << (_SHIFT + 1)),
        )
        self._layouts.pop(olt, None)

    # -- reading

    def rows(self, where: Where, metric: str) -> Rows:
        """The last samples of a metric, by OLT then by ONT, decoded all at once."""
        found = list(self._raw(where, [metric]))
        if not found:
            return nothing()
        names = sorted({row[0] for row in found})
        places = {name: place for place, name in enumerate(names)}
        keys = np.frombuffer(b"".join(row[3] for row in found), dtype=np.int64)
        widths = [len(row[3]) // 8 for row in found]
        ats = np.frombuffer(
            b"".join(
                np.full(width, row[4], dtype=np.int64).tobytes() if row[5] is None else row[5]
                for row, width in zip(found, widths, strict=True)
            ),
            dtype=np.int64,
        )
        values = np.frombuffer(b"".join(row[6] for row in found), dtype=np.float64)
        codes = np.frombuffer(
            b"".join(bytes(width) if row[7] is None else row[7] for row, width in zip(found, widths, strict=True)),
            dtype=np.uint8,
        )
        olts = np.repeat(np.array([places[row[0]] for row in found], dtype=np.int64), widths)
        low, high = bounds(where)
        asked = (keys >= low) & (keys < high) & (ats != NEVER) & (ats <= self._latest_us())
        return Rows(names, olts, keys, ats, values, codes).take(asked)

    def cells(self, where: Where, key: int, metrics: Sequence[str]) -> dict[str, tuple[int, float, int]]:
        """Instant, value and reason of the last sample of one ONT of one OLT, of the metrics that have one."""
        latest_us, found = self._latest_us(), {}
        for _, metric, _, *column in self._raw(where, metrics).fetchall():
            cell = cell_of(key, *column)
            if cell is not None and NEVER != cell[0] <= latest_us:
                found[metric] = cell
        return found

    def olts(self, where: Where) -> list[str]:
        """Names of the OLTs that ever had a sample, in order."""
        asked = self._db.execute("SELECT name FROM olts WHERE operator_id = ? ORDER BY name", (where.operator_id,))
        return [name for (name,) in asked if where.olt in {None, name}]

    def columns(self, where: Where, metrics: Sequence[str]) -> Iterator[tuple[str, Keys, dict[str, Held]]]:
        """OLT after OLT in the order of names: its ONTs, and the last samples of each metric for all of them."""
        raw = list(self._raw(where, metrics))
        edges = [0, *(place for place in range(1, len(raw)) if raw[place][0] != raw[place - 1][0]), len(raw)]
        low, high = bounds(where)
        latest_us = self._latest_us()
        for start, stop in pairwise(edges if raw else []):
            group = raw[start:stop]
            aligned = len({row[2] for row in group}) == 1 and len(group) == len(metrics)
            parts = [(row[1], _decoded(*row[3:])) for row in group]
            keys = parts[0][1].keys if aligned else np.unique(np.concatenate([part.keys for _, part in parts]))
            cut = (keys >= low) & (keys < high)
            if not cut.any():
                continue
            columns = dict(parts) if aligned else _spread(keys, parts, metrics, latest_us)
            columns = {metric: held.believed(latest_us) for metric, held in columns.items()}
            if not cut.all():
                columns = {metric: held.take(cut) for metric, held in columns.items()}
            yield group[0][0], keys[cut], columns

    def _raw(self, where: Where, metrics: Sequence[str]) -> sqlite3.Cursor:
        """OLT, metric, number of the list of ONTs, that list, instant or instants, values, reasons."""
        chosen = "AND o.name = ? " if where.olt is not None else ""
        marks = ", ".join("?" * len(metrics))
        first = f"(((o.id << {_SHIFT}) | m.id) << 1)"
        return self._db.execute(
            "SELECT o.name, m.key, l.id, l.keys, c.at, c.ats, c.cells, c.codes FROM olts o "  # noqa: S608 - constants
            f"CROSS JOIN (SELECT id, key FROM metrics WHERE key IN ({marks})) m "
            f"CROSS JOIN columns c ON c.id BETWEEN {first} AND {first} + 1 "
            f"CROSS JOIN layouts l ON l.id = c.layout WHERE o.operator_id = ? {chosen} ORDER BY o.name",
            (*metrics, where.operator_id, *([where.olt] if where.olt is not None else [])),
        )


def answered(olt: str, keys: Keys, columns: Mapping[Metric[Any], Held]) -> Latest:
    """Columns as they are answered: an ONT without sample was never seen."""
    values: dict[Metric[Any], Values] = {}
    codes: dict[Metric[Any], Codes] = {}
    ats: dict[Metric[Any], Instants] = {}
    for metric, held in columns.items():
        never = held.ats == NEVER
        values[metric] = held.values
        codes[metric] = np.where(never, _NEVER_SEEN, held.codes).astype(np.uint8) if never.any() else held.codes
        ats[metric] = np.where(never, 0, held.ats)
    return Latest(olt, keys, values, codes, ats)


def _some_of(keys: Keys, others: Keys) -> bool:
    """Whether ONTs are the same as others, or a minority of them."""
    if len(keys) == len(others):
        return np.array_equal(keys, others)
    return 2 * len(keys) < len(others) and bool(np.isin(keys, others, assume_unique=True).all())


def _spread(keys: Keys, parts: Sequence[tuple[str, Held]], metrics: Sequence[str], latest_us: int) -> dict[str, Held]:
    found = {metric: Held.empty(keys) for metric in metrics}
    for metric, part in parts:
        found[metric].lay(part, latest_us)
    return found


def _decoded(keys: bytes, at: int | None, ats: bytes | None, cells: bytes, codes: bytes | None) -> Held:
    values = np.frombuffer(cells, dtype=np.float64).copy()
    return Held(
        np.frombuffer(keys, dtype=np.int64),
        np.full(len(values), at, dtype=np.int64) if ats is None else np.frombuffer(ats, dtype=np.int64).copy(),
        values,
        np.zeros(len(values), dtype=np.uint8) if codes is None else np.frombuffer(codes, dtype=np.uint8).copy(),
    )
