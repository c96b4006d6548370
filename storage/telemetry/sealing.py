"""Sealing: a closed SQLite segment becomes one sorted Parquet file, proved equal to it before it is unlinked.

Order of the steps, so that a kill anywhere leaves one whole form: write ``.parquet.tmp``, read it back and compare,
flush it, give it its name (from then on readers use it), unlink the SQLite file. What a kill left is finished by the
next sealing. The segment's write lock is held all along: late rows meanwhile go to its next generation.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from storage.telemetry.columns import Table
from storage.telemetry.errors import (
    TelemetryBusyError,
    TelemetryDamagedError,
    TelemetryError,
    TelemetryFullError,
    named,
    whole,
)
from storage.telemetry.files import SegmentFile, all_files
from storage.telemetry.latest import NAME, LatestFile
from storage.telemetry.sealed import reason_column
from storage.telemetry.segment import Segment

ROW_GROUP = 122_880
"""Rows a row group, DuckDB's own default: a third of it made no question faster (measured)."""
CHUNK = 1_000_000
"""Rows held in memory at once: 12 metrics take about 110 MB (C)."""
ZSTD_LEVEL = 3
_ROWS, _SUMS = b"telemetry.rows", b"telemetry.sums"
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio, odd: multiplying by it loses nothing
_ODD_2 = np.uint64(0xC2B2AE3D27D4EB4F)  # second prime of xxHash64 (its specification, « constants »)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a segment holds, whatever its form and the order of its rows.

    Attributes:
        rows: Number of rows.
        sums: By column, a sum over the rows of a hash of ONT, instant, value and reason.
    """

    rows: int
    sums: dict[str, int]

    def encoded(self) -> dict[bytes, bytes]:
        """As the metadata of a Parquet file."""
        text = "\n".join(f"{key}\t{total:016x}" for key, total in sorted(self.sums.items()))
        return {_ROWS: str(self.rows).encode(), _SUMS: text.encode()}

    @classmethod
    def decoded(cls, metadata: dict[bytes, bytes] | None) -> Proof:
        """What `encoded` wrote; raises `KeyError` on a file that we did not seal."""
        found = metadata or {}
        lines = (line.split("\t") for line in found[_SUMS].decode().splitlines())
        return cls(int(found[_ROWS]), {key: int(total, 16) for key, total in lines})


class _Summing:
    """Adds rows to a proof."""

    def __init__(self) -> None:
        self._rows = 0
        self._sums: dict[str, int] = {}

    def add(self, operator_id: str, olt: str, table: Table, metrics: Sequence[str]) -> None:
        owner = hashlib.blake2b(f"{operator_id}\0{olt}".encode(), digest_size=8).digest()
        seed = np.uint64(int.from_bytes(owner, "big"))
        row = (table.key.view(np.uint64) * _ODD) ^ (table.at.view(np.uint64) * _ODD_2) ^ seed
        for place, metric in enumerate(metrics):
            value = np.where(table.codes[place] == 0, table.values[place], np.nan)
            bits = np.where(np.isnan(value), np.uint64(0), (value + 0.0).view(np.uint64))
            mixed = (row ^ (bits * _ODD_2) ^ table.codes[place].astype(np.uint64)) * _ODD
            mixed ^= mixed >> np.uint64(29)
            self._sums[metric] = (self._sums.get(metric, 0) + int(np.sum(mixed, dtype=np.uint64))) % (1 << 64)
        self._rows += len(table.key)

    def proof(self) -> Proof:
        return Proof(self._rows, self._sums)


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealing.

    Attributes:
        file: The sealed file.
        rows: Its rows.
        size: Its bytes.
        before: Bytes of the SQLite file that it replaces.
    """

    file: SegmentFile
    rows: int
    size: int
    before: int


def closed(folder: Path, now_us: int, grace_s: int) -> list[SegmentFile]:
    """SQLite segments whose span ended more than ``grace_s`` seconds ago: nothing more is expected for them."""
    return [file for file in all_files(folder) if not file.sealed and file.end_us + grace_s * 1_000_000 <= now_us]


def seal_each(folder: Path, now_us: int, grace_s: int) -> Iterator[Sealed | TelemetryError]:
    """Seal every closed segment, oldest first; one that cannot be sealed now does not hold up the others."""
    for file in closed(folder, now_us, grace_s):
        try:
            done = seal(file, _applied(folder, file))
        except TelemetryError as error:
            yield error
            continue
        except FileNotFoundError:  # sealed or dropped meanwhile by another process
            continue
        if done is not None:
            yield done


def _applied(folder: Path, file: SegmentFile) -> int:
    """Greatest cycle of a segment that the last samples have, on the disk."""
    latest = LatestFile.for_reading(folder)
    if latest is None:
        return 0
    try:
        with named(folder / NAME):
            found = latest.applied().get(file.stem, 0)
    finally:
        latest.close()
    for path in (folder / NAME, folder / f"{NAME}-wal"):
        if path.exists():
            _flush(path)  # its own commits do not wait for the disk
    return found


def seal(file: SegmentFile, applied: int) -> Sealed | None:
    """Seal one SQLite segment, or finish what a kill interrupted; ``None`` for a segment without row.

    Args:
        file: The segment.
        applied: Greatest of its cycles that the last samples have: with less than all, its writer must come back first.
    """
    target = file.closed_form.path
    before = sum(path.stat().st_size for path in file.sqlite_paths() if path.exists())
    segment = Segment.for_writing(file.path, create=False)
    try:
        with named(file.path), _alone(segment, file):
            if not segment.last_cycle:
                file.unlink()
                return None
            if target.exists():
                _compare(segment, target)
            elif segment.last_cycle > applied:
                raise TelemetryBusyError(file.path.name, "not among the last samples yet: sealed after next append")
            elif not _written(segment, target):
                file.unlink()
                return None
            file.unlink()
    finally:
        segment.close()
    return Sealed(file.closed_form, pq.read_metadata(target).num_rows, target.stat().st_size, before)


def verify(file: SegmentFile) -> Proof:
    """Read a sealed file whole and compare it with its own seal; raises `TelemetryDamagedError`."""
    try:
        found, metadata = _parquet_proof(file.path)
        with whole(file.path):
            told = Proof.decoded(metadata)
    except (OSError, ValueError) as error:
        raise TelemetryDamagedError(file.path.name, str(error) or "not one of ours") from error
    if found != told:
        raise TelemetryDamagedError(file.path.name, f"{found.rows} rows read, {told.rows} sealed, or other content")
    return found


class _alone:  # noqa: N801 - used as a function
    """The segment's write lock, its WAL being empty: whoever opens the file without its WAL sees everything."""

    def __init__(self, segment: Segment, file: SegmentFile) -> None:
        self._file = file
        self._lock = segment.locked()
        self._segment = segment

    def __enter__(self) -> None:
        with named(self._file.path):
            self._segment.checkpoint()
            self._lock.__enter__()
        wal = self._file.sqlite_paths()[1]
        if wal.exists() and wal.stat().st_size:
            self._lock.__exit__(None, None, None)
            raise TelemetryBusyError(self._file.path.name, "a reader keeps its WAL; it will be sealed next time")

    def __exit__(self, *error: object) -> None:
        self._lock.__exit__(*error)  # type: ignore[arg-type] # the three of the protocol


def _written(segment: Segment, target: Path) -> int:
    temporary = target.with_suffix(".parquet.tmp")
    temporary.unlink(missing_ok=True)
    metrics = segment.metrics()
    proof = _proof(segment, metrics)
    if not proof.rows:
        return 0
    try:
        _write(segment, metrics, temporary, proof)
        found, _ = _parquet_proof(temporary)
        if found != proof:
            raise TelemetryDamagedError(temporary.name, f"{found.rows} rows read back, {proof.rows} written")
        _flush(temporary)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise TelemetryFullError(temporary.name, str(error)) from error
    temporary.rename(target)
    _flush(target.parent)
    return proof.rows


def _compare(segment: Segment, target: Path) -> None:
    found, _ = _parquet_proof(target)
    if found != _proof(segment, segment.metrics()):
        raise TelemetryDamagedError(target.name, "differs from the SQLite segment, which is kept")


def _proof(segment: Segment, metrics: Sequence[str]) -> Proof:
    summing = _Summing()
    for operator_id, olt, table in _chunks(segment, metrics):
        summing.add(operator_id, olt, table, metrics)
    return summing.proof()


def _chunks(segment: Segment, metrics: Sequence[str]) -> Iterator[tuple[str, str, Table]]:
    """Rows by operator, OLT, ONT and instant, in pieces of at most `CHUNK` rows or one block of ONTs."""
    for number, operator_id, olt in segment.olts(None):
        size = segment.size(number)
        if not size:
            continue
        keys = segment.keys(number)
        step = max(256, int(len(keys) * CHUNK / size))
        for start in range(0, len(keys), step):
            ends = (int(keys[start]), int(keys[min(start + step, len(keys)) - 1]) + 1)
            table = segment.read(number, ends, metrics, (-(1 << 62), 1 << 62))
            order = np.lexsort((table.at, table.key))
            yield (
                operator_id,
                olt,
                Table(
                    table.key[order],
                    table.at[order],
                    [values[order] for values in table.values],
                    [codes[order] for codes in table.codes],
                ),
            )


def _write(segment: Segment, metrics: Sequence[str], path: Path, proof: Proof) -> None:
    pieces = ((_arrow(*chunk, metrics), chunk[2]) for chunk in _chunks(segment, metrics))
    first = next(pieces, None)
    if first is None:
        return
    spread = [name for name, values in zip(metrics, first[1].values, strict=True) if _many(values)]
    named_columns = ["operator_id", "olt", "ont_key", "at_us", *(reason_column(name) for name in metrics)]
    writer = pq.ParquetWriter(
        path,
        first[0].schema.with_metadata(proof.encoded()),
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=[*named_columns, *(name for name in metrics if name not in spread)],
        use_byte_stream_split=spread or False,
        data_page_size=1 << 20,
        write_statistics=["operator_id", "olt", "ont_key", "at_us"],  # only what questions select by
    )
    with writer:
        waiting = first[0]
        for table, _ in pieces:
            waiting = pa.concat_tables([waiting, table])
            whole = waiting.num_rows // ROW_GROUP * ROW_GROUP
            if whole:
                writer.write_table(waiting.slice(0, whole), row_group_size=ROW_GROUP)
                waiting = waiting.slice(whole)
        if waiting.num_rows:
            writer.write_table(waiting, row_group_size=ROW_GROUP)


def _many(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bool:
    """Whether a column repeats too little for a dictionary (counters): its bytes are then split by weight."""
    some = values[: ROW_GROUP // 4]
    return len(np.unique(some)) > len(some) // 3


def _arrow(operator_id: str, olt: str, table: Table, metrics: Sequence[str]) -> pa.Table:
    count = len(table.key)
    zeros = pa.array(np.zeros(count, dtype=np.int32))
    columns: dict[str, object] = {
        "operator_id": pa.DictionaryArray.from_arrays(zeros, pa.array([operator_id])).cast(pa.string()),
        "olt": pa.DictionaryArray.from_arrays(zeros, pa.array([olt])).cast(pa.string()),
        "ont_key": pa.array(table.key),
        "at_us": pa.array(table.at),
    }
    for place, metric in enumerate(metrics):
        values, codes = table.values[place], table.codes[place]
        columns[metric] = pa.array(values, mask=np.isnan(values))
        columns[reason_column(metric)] = pa.array(codes)
    return pa.table(columns)


def _parquet_proof(path: Path) -> tuple[Proof, dict[bytes, bytes] | None]:
    summing = _Summing()
    for operator_id, olt, metrics, table in tables(path):
        summing.add(operator_id, olt, table, metrics)
    with whole(path):
        return summing.proof(), pq.read_schema(path).metadata


def tables(path: Path) -> Iterator[tuple[str, str, list[str], Table]]:
    """A sealed file piece by piece: operator, OLT, metrics, rows by ONT then by instant."""
    with whole(path):
        file = pq.ParquetFile(path)
    with file:
        metrics = [name for name in file.schema_arrow.names[4:] if not name.endswith(reason_column(""))]
        for number in range(file.num_row_groups):
            with whole(path):
                group = file.read_row_group(number)
            for operator_id, olt, table in _split(group, metrics):
                yield operator_id, olt, metrics, table


def _split(group: pa.Table, metrics: Sequence[str]) -> Iterator[tuple[str, str, Table]]:
    owners = [group.column(name).combine_chunks().dictionary_encode() for name in ("operator_id", "olt")]
    places = [owner.indices.to_numpy() for owner in owners]
    changed = (np.diff(places[0]) != 0) | (np.diff(places[1]) != 0)
    edges = [0, *(np.flatnonzero(changed) + 1).tolist(), group.num_rows]
    for start, stop in pairwise(edges):
        part = group.slice(start, stop - start)
        yield (
            owners[0].dictionary[places[0][start]].as_py(),
            owners[1].dictionary[places[1][start]].as_py(),
            Table(
                part.column("ont_key").to_numpy(),
                part.column("at_us").to_numpy(),
                [part.column(name).to_numpy() for name in metrics],
                [part.column(reason_column(name)).to_numpy() for name in metrics],
            ),
        )


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
