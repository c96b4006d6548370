"""Samples as arrays: what files give and queries combine. A `Sample` is made only for what is answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.identifiers import OntName
from domain.metric import Metric
from domain.reading import Reason
from domain.telemetry import (
    REASON_CODES,
    REASONS,
    Batch,
    Codes,
    Keys,
    Latest,
    Sample,
    Track,
    Values,
    Where,
    pack,
    pon_range,
    unpack,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MALFORMED = REASON_CODES[Reason.MALFORMED]
_NEVER_SEEN = REASON_CODES[Reason.NEVER_SEEN]
_EVERY_KEY = (0, 1 << 60)
"""`domain.telemetry.pack` fills five times twelve bits."""


def micros(at: datetime) -> int:
    """An instant as whole microseconds since 1970, exactly."""
    return (at - EPOCH) // _MICROSECOND


def instant(at_us: int) -> datetime:
    """The instant of `micros`."""
    return EPOCH + timedelta(microseconds=int(at_us))


def bounds(where: Where) -> tuple[int, int]:
    """First ONT key that a question is about, and first one after."""
    if where.ont is not None:
        key = pack(where.ont)
        return key, key + 1
    return _EVERY_KEY if where.pon is None else pon_range(where.pon)


@dataclass(frozen=True, slots=True, eq=False)
class Cycle:
    """A batch as it is kept.

    Attributes:
        operator_id: Owner of the OLT.
        olt: Name of the OLT.
        at: Instant, microseconds.
        keys: ONTs, increasing.
        columns: By key of metric, in the order of keys: values (NaN without one) and reasons.
        whole: Whether each cell has a value or a reason.
    """

    operator_id: str
    olt: str
    at: int
    keys: Keys
    columns: dict[str, tuple[Values, Codes]]
    whole: bool = True


def cycle_of(batch: Batch) -> Cycle:
    """A batch as it is kept."""
    keys = np.ascontiguousarray(batch.keys, dtype=np.int64)
    return Cycle(batch.operator_id, batch.olt, micros(batch.at), keys, whole_columns([batch]))


def whole_columns(batches: Sequence[Batch]) -> dict[str, tuple[Values, Codes]]:
    """Columns of batches of the same metrics, end to end, in the order of keys, each cell with a value or a reason.

    A bare NaN or infinity is « malformed », never a value.
    """
    metrics = sorted(batches[0].values, key=lambda metric: metric.key)
    shape = (len(metrics), sum(len(batch.keys) for batch in batches))
    values, codes = np.empty(shape), np.empty(shape, dtype=np.uint8)
    for place, metric in enumerate(metrics):
        np.concatenate([batch.values[metric] for batch in batches], out=values[place])
        np.concatenate([batch.reasons[metric] for batch in batches], out=codes[place])
    odd = ~np.isfinite(values)
    if odd.any():
        codes[odd & (codes == 0)] = _MALFORMED
    values[codes != 0] = np.nan
    return {metric.key: (values[place], codes[place]) for place, metric in enumerate(metrics)}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of one OLT. A cell with neither value (NaN) nor reason (0) was not asked at that instant.

    Attributes:
        key: ONT of each row.
        at: Instant of each row, microseconds.
        values: One array a metric, in the order asked.
        codes: Likewise, reasons.
    """

    key: Keys
    at: Keys
    values: list[Values]
    codes: list[Codes]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Samples of one metric, of any OLTs.

    Attributes:
        names: Names of OLTs.
        olt: Place of each sample's OLT in `names`.
        key: ONT.
        at: Instant, microseconds.
        value: NaN where there is a reason.
        code: 0 where there is a value.
    """

    names: Sequence[str]
    olt: NDArray[np.int64]
    key: Keys
    at: Keys
    value: Values
    code: Codes

    def __len__(self) -> int:
        return len(self.key)

    def take(self, chosen: NDArray[Any]) -> Rows:
        """The samples of a mask or of places."""
        return Rows(
            self.names, self.olt[chosen], self.key[chosen], self.at[chosen], self.value[chosen], self.code[chosen]
        )

    def samples(self) -> list[Sample]:
        """One object a sample, in order."""
        names = {key: unpack(key) for key in set(self.key.tolist())}
        columns = zip(
            self.olt.tolist(), self.key.tolist(), self.at.tolist(), self.value.tolist(), self.code.tolist(), strict=True
        )
        return [sample(self.names[olt], names[key], at, value, code) for olt, key, at, value, code in columns]


def sample(olt: str, ont: OntName, at: int, value: float, code: int) -> Sample:
    """One sample, of an instant in microseconds."""
    return Sample(olt, ont, instant(at), None if code else value, REASONS.get(code) if code else None)


def rows_of(name: str, key: Keys, at: Keys, value: Values, code: Codes) -> Rows:
    """Samples of one OLT; cells that were not asked are left out."""
    asked = ~((code == 0) & np.isnan(value))
    count = int(asked.sum())
    return Rows((name,), np.zeros(count, dtype=np.int64), key[asked], at[asked], value[asked], code[asked])


def nothing() -> Rows:
    """No sample."""
    none = np.empty(0, dtype=np.int64)
    return Rows((), none, none, none, np.empty(0), np.empty(0, dtype=np.uint8))


def together(parts: Sequence[Rows]) -> Rows:
    """Parts put end to end, OLTs in the order of their names."""
    full = [part for part in parts if len(part)]
    if not full:
        return nothing()
    names = sorted({name for part in full for name in part.names})
    places = {name: place for place, name in enumerate(names)}
    olts = [np.array([places[name] for name in part.names], dtype=np.int64)[part.olt] for part in full]
    return Rows(
        names,
        np.concatenate(olts),
        np.concatenate([part.key for part in full]),
        np.concatenate([part.at for part in full]),
        np.concatenate([part.value for part in full]),
        np.concatenate([part.code for part in full]),
    )


def distinct(rows: Rows) -> Rows:
    """Sorted by OLT, ONT and instant, one sample each: a value is never hidden by a reason, else the last part wins."""
    if len(rows) < 2:
        return rows
    found = _in_order(rows)
    if not _repeated(found).any():
        return found
    rank = np.arange(len(found))  # the sort above kept the order of parts
    found = found.take(np.lexsort((rank, found.code == 0, found.at, found.key, found.olt)))
    return found.take(np.append(~_repeated(found), [True]))


def _in_order(rows: Rows) -> Rows:
    """Sorted by OLT, ONT and instant, in the order of parts where these are equal.

    Parts mostly come one day after the other: then sorting by OLT and ONT alone, which keeps the order of equals, does.
    """
    same = (rows.key[1:] == rows.key[:-1]) & (rows.olt[1:] == rows.olt[:-1])
    later = (rows.key[1:] > rows.key[:-1]) & (rows.olt[1:] == rows.olt[:-1]) | (rows.olt[1:] > rows.olt[:-1])
    backwards = same & (rows.at[1:] < rows.at[:-1])
    if not (~(same | later) | backwards).any():
        return rows
    found = rows.take(np.lexsort((rows.key, rows.olt)))
    same = (found.key[1:] == found.key[:-1]) & (found.olt[1:] == found.olt[:-1])
    if not (same & (found.at[1:] < found.at[:-1])).any():
        return found
    return found.take(np.lexsort((found.at, found.key, found.olt)))


def _repeated(found: Rows) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (
        (found.at[1:] == found.at[:-1]) & (found.key[1:] == found.key[:-1]) & (found.olt[1:] == found.olt[:-1])
    )
    return same


def by_olt(rows: Rows) -> Iterator[tuple[str, slice]]:
    """The samples of each OLT; they are sorted by OLT."""
    edges = [0, *(np.flatnonzero(np.diff(rows.olt)) + 1).tolist(), len(rows)]
    for start, stop in pairwise(edges if len(rows) else []):
        yield rows.names[rows.olt[start]], slice(start, stop)


def tracks(rows: Rows) -> Iterator[Track]:
    """One track an OLT, of sorted samples."""
    for name, cut in by_olt(rows):
        yield Track(name, rows.key[cut], rows.at[cut], rows.value[cut], rows.code[cut])


def latest_of(columns: Mapping[Metric[Any], Rows]) -> list[Latest]:
    """One answer an OLT, from the last samples of each metric, sorted by OLT and ONT."""
    parts: dict[str, dict[Metric[Any], tuple[Rows, slice]]] = {}
    for metric, rows in columns.items():
        for name, cut in by_olt(rows):
            parts.setdefault(name, {})[metric] = (rows, cut)
    found = []
    for name in sorted(parts):
        keys = np.unique(np.concatenate([rows.key[cut] for rows, cut in parts[name].values()]))
        values = {metric: np.full(len(keys), np.nan) for metric in columns}
        codes = {metric: np.full(len(keys), _NEVER_SEEN, dtype=np.uint8) for metric in columns}
        ats = {metric: np.zeros(len(keys), dtype=np.int64) for metric in columns}
        for metric, (rows, cut) in parts[name].items():
            at = np.searchsorted(keys, rows.key[cut])
            values[metric][at], codes[metric][at], ats[metric][at] = rows.value[cut], rows.code[cut], rows.at[cut]
        found.append(Latest(name, keys, values, codes, ats))
    return found


def newest(rows: Rows) -> Rows:
    """The last sample of each ONT."""
    found = distinct(rows)
    if not len(found):
        return found
    same = (found.olt[1:] == found.olt[:-1]) & (found.key[1:] == found.key[:-1])
    return found.take(np.append(~same, [True]))


def extreme(rows: Rows, count: int, *, lowest: bool) -> Rows:
    """The ``count`` samples of lowest (or highest) value, worst first, equal ones by OLT then ONT."""
    found = rows.take(rows.code == 0)
    score = found.value if lowest else -found.value
    if count <= 0:
        return nothing()
    if len(found) > count:
        limit = np.partition(score, count - 1)[count - 1]
        kept = score <= limit
        found, score = found.take(kept), score[kept]
    return found.take(np.lexsort((found.key, found.olt, score))[:count])


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Aggregates by step: number of the step since 1970, then lowest, sum, highest and count of its values."""

    step: NDArray[np.int64]
    low: Values
    total: Values
    high: Values
    count: NDArray[np.int64]


def steps_of(rows: Rows, step_us: int) -> Steps:
    """Aggregates of the values of samples."""
    return _folded(
        rows.at[rows.code == 0] // step_us,
        *(rows.value[rows.code == 0],) * 3,
        np.ones(int((rows.code == 0).sum()), dtype=np.int64),
    )


def folded(parts: Sequence[Steps]) -> Steps:
    """Aggregates of parts that share no sample, as one."""
    return _folded(
        np.concatenate([part.step for part in parts] or [np.empty(0, dtype=np.int64)]),
        np.concatenate([part.low for part in parts] or [np.empty(0)]),
        np.concatenate([part.total for part in parts] or [np.empty(0)]),
        np.concatenate([part.high for part in parts] or [np.empty(0)]),
        np.concatenate([part.count for part in parts] or [np.empty(0, dtype=np.int64)]),
    )


def _folded(step: NDArray[np.int64], low: Values, total: Values, high: Values, count: NDArray[np.int64]) -> Steps:
    if not len(step):
        return Steps(step, low, total, high, count)
    order = np.argsort(step, kind="stable")
    ordered = step[order]
    starts = np.flatnonzero(np.append([True], ordered[1:] != ordered[:-1]))
    return Steps(
        ordered[starts],
        np.minimum.reduceat(low[order], starts),
        np.add.reduceat(total[order], starts),
        np.maximum.reduceat(high[order], starts),
        np.add.reduceat(count[order], starts),
    )


def answered(steps: Steps, step_us: int) -> list[tuple[datetime, float, float, float, int]]:
    """Start, minimum, mean, maximum and number of values of each step."""
    columns = zip(
        steps.step.tolist(), steps.low.tolist(), steps.total.tolist(), steps.high.tolist(), steps.count.tolist(),
        strict=True,
    )  # fmt: skip
    return [(instant(step * step_us), low, total / count, high, count) for step, low, total, high, count in columns]
