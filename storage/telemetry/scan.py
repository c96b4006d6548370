"""Whole columns of a sealed file, OLTs from one name to another: what scans of a fleet read.

A sealed file is sorted by operator, OLT, ONT and instant (`sealing`), and its row groups say which OLTs they hold: the
ones asked are a run of neighbours, decoded once and handed over as arrays, already in order. Questions about one ONT or
one PON port go through DuckDB (`sealed`), which skips what they do not need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from domain.telemetry import Keys, Values
from storage.telemetry.errors import whole
from storage.telemetry.files import SegmentFile

_OWNERS = ["operator_id", "olt"]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Rows of a sealed file, by OLT, ONT and instant.

    Attributes:
        names: Names of OLTs.
        olt: Place of each row's OLT in `names`.
        key: ONT of each row.
        columns: The other columns asked: NaN where there is no value.
    """

    names: Sequence[str]
    olt: NDArray[np.int64]
    key: Keys
    columns: Mapping[str, NDArray[Any]]

    def values(self, metric: str) -> Values:
        """Values of a metric; NaN in every row when the file does not have it."""
        found = self.columns.get(metric)
        return np.full(len(self.key), np.nan) if found is None else found.astype(np.float64, copy=False)


def piece(file: SegmentFile, operator_id: str, olts: tuple[str, str] | None, columns: Sequence[str]) -> Piece:
    """Rows of an operator's OLTs, from one name to another; raises `FileNotFoundError` when the file is gone."""
    with whole(file.path), pq.ParquetFile(file.path, read_dictionary=_OWNERS) as opened:
        there = [name for name in columns if name in opened.schema_arrow.names]
        groups = _holding(opened.metadata, operator_id, olts)
        table = opened.read_row_groups(groups, columns=[*_OWNERS, "ont_key", *there])
    table = _cut(table, operator_id, olts)
    owner = _dictionary(table.column("olt"))
    return Piece(
        owner.dictionary.to_pylist(),
        owner.indices.to_numpy().astype(np.int64),
        table.column("ont_key").to_numpy(),
        {name: table.column(name).to_numpy() for name in there},
    )


def _holding(metadata: Any, operator_id: str, olts: tuple[str, str] | None) -> list[int]:
    """Row groups that may hold rows asked."""
    found = []
    for number in range(metadata.num_row_groups):
        operator, olt = (metadata.row_group(number).column(place).statistics for place in (0, 1))
        whole = operator is not None and operator.has_min_max
        if whole and not operator.min <= operator_id <= operator.max:
            continue
        one = whole and operator.min == operator.max and olt is not None and olt.has_min_max
        if one and olts is not None and (olt.max < olts[0] or olt.min > olts[1]):
            continue
        found.append(number)
    return found


def _cut(table: pa.Table, operator_id: str, olts: tuple[str, str] | None) -> pa.Table:
    """The rows asked, which are neighbours."""
    asked = _those(table.column("operator_id"), operator_id, operator_id)
    if olts is not None:
        asked &= _those(table.column("olt"), *olts)
    if not asked.any():
        return table.slice(0, 0)
    first = int(asked.argmax())
    return table.slice(first, len(asked) - int(asked[::-1].argmax()) - first)


def _those(column: pa.ChunkedArray, first: str, last: str) -> NDArray[np.bool_]:
    found = _dictionary(column)
    named = np.array([first <= name <= last for name in found.dictionary.to_pylist()], dtype=bool)
    chosen: NDArray[np.bool_] = named[found.indices.to_numpy()]
    return chosen


def _dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    whole = column.unify_dictionaries().combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
