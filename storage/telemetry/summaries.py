"""Samples folded by ONT and step: median, lowest, highest and number, all ONTs of many OLTs at once.

Samples come sorted by OLT, ONT and instant, so that those of one ONT and step are neighbours: each such run becomes a
line of a table, the table is sorted along its lines, and every figure is a place in them. No group is ever an object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.metric import Metric
from domain.telemetry import Instants, Keys, Summary, Values
from storage.telemetry.columns import Rows

Counts = NDArray[np.int32]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Figures of one metric, one element an ONT and step."""

    median: Values
    low: Values
    high: Values
    count: Counts

    @classmethod
    def blank(cls, *shape: int) -> Fold:
        """ONTs and steps without value."""
        none = np.full((3, *shape), np.nan)
        return cls(none[0], none[1], none[2], np.zeros(shape, dtype=np.int32))

    @property
    def parts(self) -> tuple[NDArray[Any], ...]:
        """Its arrays."""
        return self.median, self.low, self.high, self.count


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Figures of some metrics of some ONTs at some steps; no (ONT, step) twice.

    Attributes:
        names: Names of OLTs.
        olt: Place of each element's OLT in `names`.
        key: ONT.
        step: Number of the step since 1970.
        folds: By key of metric.
    """

    names: Sequence[str]
    olt: Places
    key: Keys
    step: Places
    folds: Mapping[str, Fold]


def cells_of_rows(rows: Rows, metric: str, step_us: int) -> Cells:
    """Figures of one metric, of sorted distinct samples."""
    valued = rows if not rows.code.any() else rows.take(rows.code == 0)
    return cells(valued.names, valued.olt, valued.key, valued.at // step_us, {metric: valued.value})


def cells(names: Sequence[str], olt: Places, key: Keys, step: Places | int, columns: Mapping[str, Values]) -> Cells:
    """Figures of samples sorted by OLT, ONT and step.

    Args:
        names: Names of OLTs.
        olt: Place in `names`, of each sample.
        key: ONT of each.
        step: Step of each, or the one step of all.
        columns: Values by key of metric, NaN without.
    """
    changed = (key[1:] != key[:-1]) | (olt[1:] != olt[:-1])
    if not isinstance(step, int):
        changed |= step[1:] != step[:-1]
    starts = np.flatnonzero(np.append([len(key) > 0], changed))
    lengths = np.diff(np.append(starts, len(key)))
    steps = np.full(len(starts), step) if isinstance(step, int) else step[starts]
    folds = {metric: _fold(values, lengths) for metric, values in columns.items()}
    return Cells(names, olt[starts], key[starts], steps, folds)


def _fold(values: Values, lengths: Places) -> Fold:
    """Figures of each run of values."""
    if not len(lengths):
        return Fold.blank(0)
    if (lengths == lengths[0]).all():
        return _figures(values.reshape(len(lengths), -1).copy())
    whole = Fold.blank(len(lengths))
    sizes = np.frexp(lengths)[1]  # runs of like length together: a table is at least half full
    for size in np.unique(sizes):
        chosen = sizes == size
        width = int(lengths[chosen].max())
        table = np.full((int(chosen.sum()), width), np.nan)
        table[np.arange(width) < lengths[chosen][:, None]] = values[np.repeat(chosen, lengths)]
        for part, found in zip(whole.parts, _figures(table).parts, strict=True):
            part[chosen] = found
    return whole


def _figures(table: Values) -> Fold:
    """Figures of the lines of a table, which is sorted in place; NaN go to the end of their line."""
    table.sort(axis=1)
    count = np.full(len(table), table.shape[1], dtype=np.int32)
    if np.isnan(table[:, -1]).any():
        count -= np.isnan(table).sum(axis=1, dtype=np.int32)
    line = np.arange(len(table))
    last = np.maximum(count - 1, 0)
    median = (table[line, last // 2] + table[line, np.minimum(count // 2, last)]) / 2
    return Fold(median, table[:, 0].copy(), table[line, last], count)


def answers(
    parts: Sequence[Cells], metrics: Sequence[Metric[Any]], starts: Instants, step_us: int
) -> Iterator[Summary]:
    """One answer an OLT, in the order of names; ONTs without any value are left out."""
    full = [kept for part in parts if len((kept := _valued(part)).key)]
    if not full:
        return
    names = sorted({name for part in full for name in part.names})
    places = {name: place for place, name in enumerate(names)}
    olts = [np.array([places[name] for name in part.names], dtype=np.int64)[part.olt] for part in full]
    olt, key = np.concatenate(olts), np.concatenate([part.key for part in full])
    order = np.lexsort((key, olt))
    olt, key = olt[order], key[order]
    first = np.append([True], (key[1:] != key[:-1]) | (olt[1:] != olt[:-1]))
    line = np.empty(len(order), dtype=np.int64)
    line[order] = np.cumsum(first) - 1
    olt, key = olt[first], key[first]
    grids = {metric: Fold.blank(len(key), len(starts)) for metric in metrics}
    done = 0
    for part in full:
        at = line[done : done + len(part.key)], part.step - starts[0] // step_us
        done += len(part.key)
        for metric, grid in grids.items():
            if metric.key in part.folds:
                for into, found in zip(grid.parts, part.folds[metric.key].parts, strict=True):
                    into[at] = found
    edges = [0, *(np.flatnonzero(np.diff(olt)) + 1).tolist(), len(olt)]
    for start, stop in pairwise(edges):
        cut = slice(start, stop)
        yield Summary(
            names[olt[start]],
            key[cut],
            starts,
            {metric: grid.median[cut] for metric, grid in grids.items()},
            {metric: grid.low[cut] for metric, grid in grids.items()},
            {metric: grid.high[cut] for metric, grid in grids.items()},
            {metric: grid.count[cut] for metric, grid in grids.items()},
        )


def _valued(part: Cells) -> Cells:
    """The elements that have a value of any metric."""
    chosen = np.zeros(len(part.key), dtype=bool)
    for fold in part.folds.values():
        chosen |= fold.count > 0
    if chosen.all():
        return part
    folds = {metric: Fold(*(array[chosen] for array in fold.parts)) for metric, fold in part.folds.items()}
    return Cells(part.names, part.olt[chosen], part.key[chosen], part.step[chosen], folds)


def step_starts(since_us: int, until_us: int, step_us: int) -> Instants:
    """Starts of the whole steps that touch ``[since, until[``."""
    return np.arange(since_us // step_us, -(-until_us // step_us), dtype=np.int64) * step_us
