"""Batches for tests: metrics of their own, and an oracle that answers every question from plain Python objects."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from domain.identifiers import OntName
from domain.metric import Metric
from domain.metrics.ont import OLT_RX_DBM, ONT_RX_DBM, ONT_TX_DBM
from domain.reading import Reason
from domain.telemetry import REASON_CODES, Batch, Sample, Where, pack

START = datetime(2026, 5, 1, tzinfo=UTC)
LATER = START + timedelta(days=400)
METRICS: tuple[Metric[Any], ...] = (ONT_RX_DBM, ONT_TX_DBM, OLT_RX_DBM)
Cell = float | Reason
Cells = Mapping[Metric[Any], Mapping[OntName, Cell]]
OPERATOR = "infra"


def ont(pon: int, number: int) -> OntName:
    return OntName(1, 1, 1, pon, number)


def batch(
    olt: str,
    at: datetime,
    cells: Cells,
    operator_id: str = OPERATOR,
) -> Batch:
    """A batch from cells; every metric is given for the same ONTs."""
    names = sorted({name for column in cells.values() for name in column}, key=pack)
    values, reasons = {}, {}
    for metric, column in cells.items():
        found = [column[name] for name in names]
        values[metric] = np.array([math.nan if isinstance(cell, Reason) else cell for cell in found])
        codes = [REASON_CODES[cell] if isinstance(cell, Reason) else 0 for cell in found]
        reasons[metric] = np.array(codes, dtype=np.uint8)
    return Batch(operator_id, olt, at, np.array([pack(name) for name in names], dtype=np.int64), values, reasons)


def cycles(count: int, olt: str = "OLT-A", ponts: Sequence[tuple[int, int]] = ((1, 1), (1, 2), (2, 1))) -> list[Batch]:
    """Cycles of five minutes in which every ONT loses 0.1 dB a cycle, the second ONT being off line at times."""
    found = []
    for cycle in range(count):
        level = {ont(*place): -15.0 - number - cycle / 10 for number, place in enumerate(ponts)}
        rx: dict[OntName, Cell] = dict(level)
        if cycle % 3 == 2 and len(ponts) > 1:
            rx[ont(*ponts[1])] = Reason.OFFLINE
        tx: dict[OntName, Cell] = dict.fromkeys(rx, 2.5)
        found.append(batch(olt, START + timedelta(minutes=5 * cycle), {ONT_RX_DBM: rx, ONT_TX_DBM: tx}))
    return found


class Oracle:
    """What a store that was given some batches must answer."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._cells: dict[tuple[str, Metric[Any], str, int, datetime], float | int] = {}
        for one in batches:
            for metric in one.values:
                rows = zip(one.keys.tolist(), one.values[metric].tolist(), one.reasons[metric].tolist(), strict=True)
                for key, value, code in rows:
                    why = code or (0 if math.isfinite(value) else REASON_CODES[Reason.MALFORMED])
                    place = (one.operator_id, metric, one.olt, key, one.at)
                    if not why:
                        self._cells[place] = float(value)
                    elif not isinstance(self._cells.get(place), float):
                        self._cells[place] = why

    def series(self, where: Where, metric: Metric[Any], since: datetime, until: datetime) -> list[Sample]:
        from domain.telemetry import REASONS, unpack
        from storage.telemetry.columns import bounds

        low, high = bounds(where)
        found = [
            (olt, key, at, cell)
            for (operator, kind, olt, key, at), cell in self._cells.items()
            if operator == where.operator_id
            and kind is metric
            and where.olt in {None, olt}
            and low <= key < high
            and since <= at < until
        ]
        return [
            Sample(olt, unpack(key), at, cell, None)
            if isinstance(cell, float)
            else Sample(olt, unpack(key), at, None, REASONS[cell])
            for olt, key, at, cell in sorted(found, key=lambda row: row[:3])
        ]

    def as_of(self, where: Where, metric: Metric[Any], at: datetime) -> list[Sample]:
        newest: dict[tuple[str, OntName], Sample] = {}
        for sample in self.series(where, metric, datetime.min.replace(tzinfo=UTC), at + timedelta(microseconds=1)):
            newest[sample.olt, sample.ont] = sample
        return list(newest.values())

    def last(self, where: Where, metric: Metric[Any]) -> list[Sample]:
        return self.as_of(where, metric, datetime(2100, 1, 1, tzinfo=UTC))

    def worst(self, where: Where, metric: Metric[Any], count: int, *, lowest: bool) -> list[Sample]:
        valued = [(sample.value, sample) for sample in self.last(where, metric) if sample.value is not None]
        sign = 1 if lowest else -1
        ordered = sorted(valued, key=lambda pair: (sign * pair[0], pair[1].olt, pack(pair[1].ont)))
        return [sample for _, sample in ordered[:count]]

    def downsampled(
        self, where: Where, metric: Metric[Any], since: datetime, until: datetime, step_s: int
    ) -> list[tuple[datetime, float, float, float, int]]:
        steps: dict[int, list[float]] = {}
        for sample in self.series(where, metric, since, until):
            if sample.value is not None:
                steps.setdefault(int(sample.at.timestamp()) // step_s, []).append(sample.value)
        return [
            (
                datetime.fromtimestamp(step * step_s, UTC),
                min(values),
                math.fsum(values) / len(values),
                max(values),
                len(values),
            )
            for step, values in sorted(steps.items())
        ]

    def summaries(
        self, where: Where, metric: Metric[Any], since: datetime, until: datetime, step_s: int
    ) -> dict[tuple[str, OntName, int], tuple[float, float, float, int]]:
        """By OLT, ONT and start of the step (seconds since 1970): median, lowest, highest and number of values."""
        steps: dict[tuple[str, OntName, int], list[float]] = {}
        for one in self.series(where, metric, since, until):
            if one.value is not None:
                start = int(one.at.timestamp()) // step_s * step_s
                steps.setdefault((one.olt, one.ont, start), []).append(one.value)
        return {
            place: (statistics.median(values), min(values), max(values), len(values)) for place, values in steps.items()
        }
