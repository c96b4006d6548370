"""One SQLite segment: the rows of a span of time, one small blob a column and a block of ONTs.

A cycle of an OLT refers to its *layout* (its ONTs and metrics, kept once) and owns the rows of ``columns`` whose
identifiers begin with its own: block by block, metric by metric. Everything is appended in order, and one value of one
ONT is found by computing where it is. Ten times cheaper to write than one SQL row an ONT (docs/telemetry.md).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.telemetry import Codes, Keys, Values
from storage.telemetry.columns import Cycle, Table
from storage.telemetry.errors import TelemetryError, named
from storage.telemetry.one_ont import layouts_of, samples_of

FORMAT = 2
BLOCK = 256
"""ONTs a blob: one value read costs 2 kB, and a PON port (64 to 128 ONTs) is one or two blobs (C)."""
PAGE_BYTES = 16384
"""Seven 2 kB blobs a page; 4096 would waste half of it (measured: 2.4 times the CPU, 2.9 times the bytes)."""
CHECKPOINT_PAGES = 2000
"""32 MB of WAL before it is copied back: a page written by many cycles is copied once (C)."""
_SHIFT = 20
"""Bits of a column's identifier left to a cycle: 4096 ONTs a PON … 1 M blobs a cycle are never reached."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS olts (id INTEGER PRIMARY KEY, operator_id TEXT, name TEXT, UNIQUE (operator_id, name));
CREATE TABLE IF NOT EXISTS layouts (id INTEGER PRIMARY KEY, olt INTEGER, digest BLOB, metrics TEXT, keys BLOB,
    UNIQUE (olt, digest));
CREATE TABLE IF NOT EXISTS cycles (id INTEGER PRIMARY KEY AUTOINCREMENT, olt INTEGER, at INTEGER, layout INTEGER);
CREATE INDEX IF NOT EXISTS cycles_of_olt ON cycles (olt, at);
CREATE TABLE IF NOT EXISTS columns (id INTEGER PRIMARY KEY, cells BLOB, codes BLOB);
"""


@dataclass(frozen=True, eq=False)
class Layout:
    """The ONTs and metrics of cycles of one OLT.

    Attributes:
        id: Its number in the segment.
        metrics: Keys of the metrics, in order.
        keys: ONTs, in order.
    """

    id: int
    metrics: tuple[str, ...]
    keys: Keys

    @cached_property
    def place(self) -> dict[str, int]:
        """Place of each metric."""
        return {key: place for place, key in enumerate(self.metrics)}

    def first_id(self, cycle: int, block: int) -> int:
        """Identifier of the first column of a block of a cycle."""
        return (cycle << _SHIFT) + block * len(self.metrics)

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-len(self.keys) // BLOCK)


class Segment:
    """An open SQLite segment; used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._path = path
        self._layouts: dict[int, Layout] = {}
        self._known: dict[tuple[int, bytes], int] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._begun = False

    @classmethod
    def for_writing(cls, path: Path, *, create: bool = True) -> Segment:
        """Open; commits are on the disk when they return (`synchronous=FULL`).

        Args:
            path: Its file.
            create: Make it when it is not there; else raise `FileNotFoundError`.
        """
        fresh = not path.exists()
        if fresh and not create:
            raise FileNotFoundError(str(path))
        try:
            return cls._for_writing(path, "rwc" if create else "rw")
        except TelemetryError:
            if fresh:  # a disk too full to hold an empty segment: what was begun would be in the way of readers
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{path}{suffix}").unlink(missing_ok=True)
            raise

    @classmethod
    def _for_writing(cls, path: Path, mode: str) -> Segment:
        with named(path):
            connection = sqlite3.connect(
                f"{path.as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False, timeout=0.05
            )
            connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
            for pragma in ("journal_mode=WAL", "synchronous=FULL", f"wal_autocheckpoint={CHECKPOINT_PAGES}"):
                connection.execute(f"PRAGMA {pragma}").fetchall()
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version={FORMAT};COMMIT;")
            elif version != FORMAT:
                connection.close()
                raise TelemetryError(path.name, f"format {version}, this version writes {FORMAT}")
        return cls(connection, path)

    @classmethod
    def for_reading(cls, path: Path, *, still: bool = False) -> Segment:
        """Open an existing segment, written by this process or another; raises `FileNotFoundError` when it is gone.

        Args:
            path: Its file.
            still: Nobody writes it: read without the side files that a full disk has no room for.
        """
        mode = "mode=ro&immutable=1" if still else "mode=rw"
        try:
            connection = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, check_same_thread=False, timeout=5)
            connection.execute("PRAGMA query_only=ON")
        except sqlite3.OperationalError as error:
            if not path.exists():
                raise FileNotFoundError(str(path)) from error
            raise
        connection.isolation_level = None
        return cls(connection, path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One transaction, alone to write; rolled back by any error."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._layouts.clear()
            self._known.clear()
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def hold(self) -> None:
        """From now on to `release`, read one state: that of the first read."""
        self._db.execute("BEGIN")
        if not self._begun:  # whether it can be read at all is known by reading
            self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            self._begun = True

    def release(self) -> None:
        """The end of `hold`."""
        self._db.execute("COMMIT")

    def checkpoint(self) -> None:
        """Bring the WAL back into the file, as far as readers allow."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @property
    def last_cycle(self) -> int:
        """The greatest number given to a cycle so far; 0 when empty."""
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM cycles").fetchone()[0])

    def write(self, cycle: Cycle) -> None:
        """Keep a cycle, laid over those of the same OLT and instant that share an ONT. To be called within `locked`.

        Cycles that share none stay apart (PON ports beside their ONTs): a cell is never in two of them.
        """
        olt = self._olt_id(cycle.operator_id, cycle.olt)
        keys, columns = cycle.keys, cycle.columns
        there = self._db.execute("SELECT id, layout FROM cycles WHERE olt = ? AND at = ?", (olt, cycle.at)).fetchall()
        for number, place in there:
            old = self._layout(place)
            if np.isin(old.keys, cycle.keys, assume_unique=True).any():
                keys, columns = self._laid_over(number, old, keys, columns)
                self._remove(number, old)
        layout = self._layout_of(olt, tuple(columns), keys)
        inserted = self._db.execute("INSERT INTO cycles (olt, at, layout) VALUES (?, ?, ?)", (olt, cycle.at, layout.id))
        self._db.executemany(
            "INSERT INTO columns VALUES (?, ?, ?)", _blobs(int(inserted.lastrowid or 0), layout, list(columns.values()))
        )

    def _laid_over(
        self, cycle: int, layout: Layout, keys: Keys, columns: dict[str, tuple[Values, Codes]]
    ) -> tuple[Keys, dict[str, tuple[Values, Codes]]]:
        old = self._whole(cycle, layout)
        union = np.union1d(layout.keys, keys)
        before, now = np.searchsorted(union, layout.keys), np.searchsorted(union, keys)
        merged: dict[str, tuple[Values, Codes]] = {}
        for key in sorted({*columns, *layout.metrics}):
            values, codes = np.full(len(union), np.nan), np.zeros(len(union), dtype=np.uint8)
            if key in layout.place:
                values[before], codes[before] = old[layout.place[key]]
            if key in columns:
                fresh, why = columns[key]
                asked = ~np.isnan(fresh) | (why != 0)
                better = asked & ((why == 0) | np.isnan(values[now]))  # a value is never hidden by a reason
                values[now[better]], codes[now[better]] = fresh[better], why[better]
            merged[key] = (values, codes)
        return union, merged

    def _whole(self, cycle: int, layout: Layout) -> list[tuple[Values, Codes]]:
        return self._fetch(layout, [cycle], range(layout.blocks), range(len(layout.metrics)))

    def _remove(self, cycle: int, layout: Layout) -> None:
        first = layout.first_id(cycle, 0)
        self._db.execute(
            "DELETE FROM columns WHERE id >= ? AND id < ?", (first, first + layout.blocks * len(layout.metrics))
        )
        self._db.execute("DELETE FROM cycles WHERE id = ?", (cycle,))

    def _olt_id(self, operator_id: str, name: str) -> int:
        found = self._db.execute("SELECT id FROM olts WHERE operator_id = ? AND name = ?", (operator_id, name))
        row = found.fetchone()
        if row is None:
            done = self._db.execute("INSERT INTO olts (operator_id, name) VALUES (?, ?)", (operator_id, name))
            return int(done.lastrowid or 0)
        return int(row[0])

    def _layout_of(self, olt: int, metrics: tuple[str, ...], keys: Keys) -> Layout:
        raw, text = keys.tobytes(), json.dumps(metrics)
        digest = hashlib.blake2b(raw + text.encode(), digest_size=16).digest()
        known = self._known.get((olt, digest))
        if known is None:
            row = self._db.execute("SELECT id FROM layouts WHERE olt = ? AND digest = ?", (olt, digest)).fetchone()
            known = row[0] if row else None
        if known is None:
            done = self._db.execute(
                "INSERT INTO layouts (olt, digest, metrics, keys) VALUES (?, ?, ?, ?)", (olt, digest, text, raw)
            )
            known = int(done.lastrowid or 0)
        self._known[olt, digest] = known
        return self._layout(known)

    def _layout(self, number: int) -> Layout:
        found = self._layouts.get(number)
        if found is None:
            text, raw = self._db.execute("SELECT metrics, keys FROM layouts WHERE id = ?", (number,)).fetchone()
            found = Layout(number, tuple(json.loads(text)), np.frombuffer(raw, dtype=np.int64))
            self._layouts[number] = found
        return found

    # -- reading

    def olts(self, operator_id: str | None, names: tuple[str, str] | None = None) -> list[tuple[int, str, str]]:
        """Number, operator and name of OLTs, in the order of names; nothing while another process creates the file.

        Args:
            operator_id: Their operator; ``None`` for all.
            names: First and last name; ``None`` for all.
        """
        if operator_id is not None and names is not None and names[0] == names[1]:
            number = self._number(operator_id, names[0])
            return [] if number is None else [(number, operator_id, names[0])]
        if not self._created():
            return []
        found = self._db.execute("SELECT id, operator_id, name FROM olts ORDER BY operator_id, name")
        return [
            (number, operator, olt)
            for number, operator, olt in found
            if operator_id in {None, operator} and (names is None or names[0] <= olt <= names[1])
        ]

    def _number(self, operator_id: str, olt: str) -> int | None:
        """The number of an OLT, once given never another's."""
        if (operator_id, olt) not in self._numbers and self._created():
            asked = "SELECT id FROM olts WHERE operator_id = ? AND name = ?"
            row = self._db.execute(asked, (operator_id, olt)).fetchone()
            if row is not None:
                self._numbers[operator_id, olt] = row[0]
        return self._numbers.get((operator_id, olt))

    def _created(self) -> bool:
        return self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'olts'").fetchone() is not None

    def metrics(self) -> list[str]:
        """Keys of the metrics that it holds."""
        found = self._db.execute("SELECT DISTINCT metrics FROM layouts").fetchall()
        return sorted({key for (text,) in found for key in json.loads(text)})

    def size(self, olt: int) -> int:
        """Number of rows of an OLT."""
        found = self._db.execute("SELECT layout, count(*) FROM cycles WHERE olt = ? GROUP BY layout", (olt,)).fetchall()
        return sum(len(self._layout(number).keys) * count for number, count in found)

    def keys(self, olt: int) -> Keys:
        """Every ONT seen on an OLT."""
        found = self._db.execute("SELECT keys FROM layouts WHERE olt = ?", (olt,)).fetchall()
        return np.unique(np.concatenate([np.frombuffer(raw, dtype=np.int64) for (raw,) in found]))

    def cycles(self, after: int) -> Iterator[Cycle]:
        """Cycles of a greater number."""
        with named(self._path):  # not what its reader does with them
            found = self._db.execute(
                "SELECT o.operator_id, o.name, c.at, c.id, c.layout FROM cycles c JOIN olts o ON o.id = c.olt "
                "WHERE c.id > ? ORDER BY c.id",
                (after,),
            ).fetchall()
        for operator, name, at, number, place in found:
            with named(self._path):
                layout = self._layout(place)
                columns = dict(zip(layout.metrics, self._whole(number, layout), strict=True))
            yield Cycle(operator, name, at, layout.keys, columns, whole=False)

    def read(
        self, olt: int, keys: tuple[int, int], metrics: Sequence[str], span: tuple[int, int], *, latest: bool = False
    ) -> Table:
        """Rows of an OLT whose ONT is in ``[keys[`` and instant in ``[span[``.

        Args:
            olt: Its number here.
            keys: First ONT, and first after.
            metrics: Their keys.
            span: First instant and first after, microseconds.
            latest: Stop going back in time once each ONT known here has a sample of the first metric.
        """
        if keys[1] - keys[0] == 1 and len(metrics) == 1 and not latest:
            return self._of_ont(olt, keys[0], metrics[0], span)
        found = self._db.execute(
            "SELECT id, at, layout FROM cycles WHERE olt = ? AND at >= ? AND at < ? ORDER BY at DESC", (olt, *span)
        ).fetchall()
        parts: list[Table] = []
        if not latest:
            runs: dict[int, list[tuple[int, int]]] = {}
            for cycle, at, number in found:
                runs.setdefault(number, []).append((cycle, at))
            every = (self._part(self._layout(number), run, keys, metrics) for number, run in runs.items())
            return _stacked([part for part in every if part is not None], len(metrics))
        wanted = self._wanted(olt, keys)
        for cycle, at, number in found:
            part = self._part(self._layout(number), [(cycle, at)], keys, metrics)
            if part is None:
                continue
            parts.append(part)
            asked = ~np.isnan(part.values[0]) | (part.codes[0] != 0)
            wanted = np.setdiff1d(wanted, part.key[asked], assume_unique=True)
            if not len(wanted):
                break
        return _stacked(parts, len(metrics))

    def _of_ont(self, olt: int, key: int, metric: str, span: tuple[int, int]) -> Table:
        parts: list[Table] = []
        for number in layouts_of(self._db, olt, span):
            layout = self._layout(number)
            at, place = int(layout.keys.searchsorted(key)), layout.place.get(metric)
            if place is None or at == len(layout.keys) or layout.keys[at] != key:
                continue
            first = layout.first_id(0, at // BLOCK) + place
            ats, values, codes = samples_of(self._db, olt, number, span, shift=_SHIFT, first=first, cell=at % BLOCK)
            parts.append(Table(np.full(len(ats), key, dtype=np.int64), ats, [values], [codes]))
        return _stacked(parts, 1)

    def _wanted(self, olt: int, keys: tuple[int, int]) -> Keys:
        every = self.keys(olt)
        return every[(every >= keys[0]) & (every < keys[1])]

    def _part(
        self, layout: Layout, cycles: Sequence[tuple[int, int]], keys: tuple[int, int], metrics: Sequence[str]
    ) -> Table | None:
        """Rows of cycles (number, instant) of one layout."""
        low, high = (int(place) for place in np.searchsorted(layout.keys, keys))
        places = [layout.place.get(key) for key in metrics]
        asked = [place for place in places if place is not None]
        if low == high or not asked:
            return None
        blocks = range(low // BLOCK, (high - 1) // BLOCK + 1)
        read = dict(zip(asked, self._fetch(layout, [cycle for cycle, _ in cycles], blocks, asked), strict=True))
        offset, width, count = blocks.start * BLOCK, high - low, (high - low) * len(cycles)
        values: list[Values] = []
        codes: list[Codes] = []
        for place in places:
            if place is None:
                values.append(np.full(count, np.nan))
                codes.append(np.zeros(count, dtype=np.uint8))
                continue
            cut = (slice(None), slice(low - offset, high - offset))
            values.append(read[place][0].reshape(len(cycles), -1)[cut].ravel())
            codes.append(read[place][1].reshape(len(cycles), -1)[cut].ravel())
        return Table(
            np.tile(layout.keys[low:high], len(cycles)),
            np.repeat(np.array([at for _, at in cycles], dtype=np.int64), width),
            values,
            codes,
        )

    def _fetch(
        self, layout: Layout, cycles: Sequence[int], blocks: range, places: Sequence[int]
    ) -> list[tuple[Values, Codes]]:
        """Blobs of some blocks of each cycle, end to end, for each metric asked."""
        count, whole = len(layout.metrics), len(places) == len(layout.metrics)
        found: list[list[tuple[bytes, bytes | None]]] = [[] for _ in places]
        for cycle in cycles:
            if whole:
                start = layout.first_id(cycle, blocks.start)
                rows = self._db.execute(
                    "SELECT cells, codes FROM columns WHERE id >= ? AND id < ? ORDER BY id",
                    (start, start + len(blocks) * count),
                ).fetchall()
                for number, place in enumerate(places):
                    found[number] += rows[place::count]
                continue
            one = "SELECT cells, codes FROM columns WHERE id = ?"
            for number, place in enumerate(places):
                found[number] += [
                    self._db.execute(one, (layout.first_id(cycle, block) + place,)).fetchone() for block in blocks
                ]
        return [_joined(rows) for rows in found]


def _blobs(
    cycle: int, layout: Layout, columns: Sequence[tuple[Values, Codes]]
) -> Iterable[tuple[int, bytes, bytes | None]]:
    marked = [bool(codes.any()) for _, codes in columns]
    for block in range(layout.blocks):
        cut = slice(block * BLOCK, (block + 1) * BLOCK)
        first = layout.first_id(cycle, block)
        for place, (values, codes) in enumerate(columns):
            why = codes[cut].tobytes() if marked[place] and codes[cut].any() else None
            yield first + place, values[cut].tobytes(), why


def _joined(rows: Sequence[tuple[bytes, bytes | None]]) -> tuple[Values, Codes]:
    values: NDArray[np.float64] = np.frombuffer(b"".join(cell for cell, _ in rows), dtype=np.float64)
    codes = b"".join(bytes(len(cell) // 8) if why is None else why for cell, why in rows)
    return values, np.frombuffer(codes, dtype=np.uint8)


def _stacked(parts: Sequence[Table], count: int) -> Table:
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return Table(none, none, [np.empty(0)] * count, [np.empty(0, dtype=np.uint8)] * count)
    return Table(
        np.concatenate([part.key for part in parts]),
        np.concatenate([part.at for part in parts]),
        [np.concatenate([part.values[place] for part in parts]) for place in range(count)],
        [np.concatenate([part.codes[place] for part in parts]) for place in range(count)],
    )
