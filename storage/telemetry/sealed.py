"""Sealed segments: Parquet sorted by operator, OLT, ONT and instant, read by DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from domain.telemetry import Where
from storage.telemetry.columns import Rows, Steps, bounds, nothing
from storage.telemetry.errors import TelemetryDamagedError, whole
from storage.telemetry.files import SegmentFile

THREADS = 2
"""Threads of one question (C: the other cores stay to polling)."""


def reason_column(metric: str) -> str:
    """Name of the column of reasons of a metric."""
    return f"{metric} reason"


class SealedReader:
    """Reads sealed files; each question may come from another thread."""

    def __init__(self) -> None:
        self._duck = duckdb.connect(":memory:", config={"threads": THREADS})
        self._duck.execute("SET GLOBAL parquet_metadata_cache = true")  # files never change once they have their name
        self._columns: dict[Path, frozenset[str]] = {}

    def close(self) -> None:
        """Release the files."""
        self._duck.close()

    def _holding(self, files: Sequence[SegmentFile], metric: str) -> list[str]:
        """Paths of the files that have the metric; raises `FileNotFoundError` when retention took one."""
        for file in files:
            if file.path not in self._columns:
                with whole(file.path):
                    self._columns[file.path] = frozenset(pq.read_schema(file.path).names)
        return [str(file.path) for file in files if metric in self._columns[file.path]]

    def size(self, file: SegmentFile) -> int:
        """Rows of a file."""
        with whole(file.path):
            return int(pq.read_metadata(file.path).num_rows)

    def olts(self, file: SegmentFile, where: Where) -> list[str]:
        """Names of the OLTs of a question that a file holds."""
        found = self._ask("DISTINCT olt", [str(file.path)], where, (-(1 << 62), 1 << 62), olts=_same(where.olt))
        names: list[str] = found.column(0).to_pylist()
        return names

    def _ask(
        self,
        columns: str,
        paths: list[str],
        where: Where,
        span: tuple[int, int],
        tail: str = "",
        olts: tuple[str, str] | None = None,
    ) -> pa.Table:
        names = "" if olts is None else "AND olt = ?" if olts[0] == olts[1] else "AND olt >= ? AND olt <= ?"
        query = (
            f"SELECT {columns} FROM read_parquet(?) WHERE operator_id = ? AND ont_key >= ? AND ont_key < ? "  # noqa: S608 - names of declared metrics, quoted
            f"AND at_us >= ? AND at_us < ? {names} {tail}"
        )
        values: list[Any] = [paths, where.operator_id, *bounds(where), *span, *dict.fromkeys(olts or ())]
        with self._duck.cursor() as cursor:
            try:
                return cursor.sql(query, params=values).to_arrow_table()
            except duckdb.Error as error:
                if all(Path(path).exists() for path in paths):
                    raise TelemetryDamagedError(_damaged(paths), str(error)) from error
                raise FileNotFoundError(str(error)) from error

    def rows(
        self,
        files: Sequence[SegmentFile],
        where: Where,
        olts: tuple[str, str] | None,
        metric: str,
        span: tuple[int, int],
    ) -> Rows:
        """Samples of a metric whose instant is in ``[span[``, of the OLTs from one name to another."""
        paths = self._holding(files, metric)
        if not paths:
            return nothing()
        value, code = _quoted(metric), _quoted(reason_column(metric))
        tail = f"AND ({value} IS NOT NULL OR {code} <> 0)"
        one = olts[0] if olts is not None and olts[0] == olts[1] else None
        name = "olt, " if one is None else ""
        return _rows(self._ask(f"{name}ont_key, at_us, {value}, {code}", paths, where, span, tail, olts), one)

    def newest(self, files: Sequence[SegmentFile], where: Where, metric: str, span: tuple[int, int]) -> Rows:
        """The last sample of each ONT in ``[span[``."""
        paths = self._holding(files, metric)
        if not paths:
            return nothing()
        value, code = _quoted(metric), _quoted(reason_column(metric))
        columns = (
            f"olt, ont_key, max(at_us), arg_max({value}, (at_us, {code} = 0)) FILTER ({value} IS NOT NULL), "
            f"max(at_us) FILTER ({value} IS NOT NULL), arg_max({code}, at_us)"
        )
        found = self._ask(
            columns,
            paths,
            where,
            span,
            f"AND ({value} IS NOT NULL OR {code} <> 0) GROUP BY olt, ont_key",
            _same(where.olt),
        )
        at, valued = (found.column(place).to_numpy() for place in (2, 4))
        known = at == valued
        value_of = np.where(known, found.column(3).to_numpy(), np.nan)
        code_of = np.where(known, 0, found.column(5).to_numpy())
        kept = found.select([0, 1]).append_column("at", pa.array(at)).append_column("value", pa.array(value_of))
        return _rows(kept.append_column("code", pa.array(code_of)), None)

    def steps(
        self, files: Sequence[SegmentFile], where: Where, metric: str, span: tuple[int, int], step_us: int
    ) -> Steps:
        """Aggregates by step, of files that share no sample."""
        paths = self._holding(files, metric)
        value = _quoted(metric)
        if not paths:
            none = np.empty(0, dtype=np.int64)
            return Steps(none, np.empty(0), np.empty(0), np.empty(0), none)
        columns = f"at_us // {int(step_us)} AS step, min({value}), sum({value}), max({value}), count({value})"
        tail = f"AND {value} IS NOT NULL GROUP BY step ORDER BY step"
        found = self._ask(columns, paths, where, span, tail, _same(where.olt))
        return Steps(*(found.column(place).to_numpy() for place in range(5)))


def _damaged(paths: Sequence[str]) -> str:
    """The name of the file that cannot be read, among those of a question."""
    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                for number in range(file.num_row_groups):
                    file.read_row_group(number)
        except (pa.ArrowException, OSError):
            return Path(path).name
    return Path(paths[0]).name


def _same(olt: str | None) -> tuple[str, str] | None:
    return None if olt is None else (olt, olt)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _rows(found: pa.Table, olt: str | None) -> Rows:
    if olt is None:
        names = found.column(0).combine_chunks().dictionary_encode()
        found = found.select(range(1, found.num_columns))
        places = names.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        text = names.dictionary.to_pylist()
    else:
        places, text = np.zeros(found.num_rows, dtype=np.int64), [olt]
    key, at, value, code = (found.column(place).to_numpy() for place in range(4))
    return Rows(
        text, places, key.astype(np.int64), at.astype(np.int64), value.astype(np.float64), code.astype(np.uint8)
    )
