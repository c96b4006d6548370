"""From a walk, whatever the driver, to a batch of telemetry: one array a metric that telemetry can hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np

from domain.metric import Metric
from domain.olt import OltTarget, OltWalk
from domain.reading import Reading, Reason
from domain.telemetry import REASON_CODES, Batch, encode, pack

_PLAIN = (bool, int, float, datetime)
_OF_AN_ONT = frozenset({"ont", "uni"})


@cache
def storable(metric: Metric[Any]) -> bool:
    """Whether telemetry keeps a metric: a number, a state or an instant of an ONT, never an identity or a secret."""
    return metric.entity in _OF_AN_ONT and not metric.secret and issubclass(metric.type, (*_PLAIN, StrEnum))


def batch_of(target: OltTarget, walk: OltWalk) -> Batch:
    """The ONTs of a walk as columns. A metric that a row does not have reads ``not_read`` there."""
    rows = sorted(walk.onts, key=lambda row: row.name)
    keys = np.fromiter((pack(row.name) for row in rows), dtype=np.int64, count=len(rows))
    metrics = {metric: None for row in rows for metric in row.readings if storable(metric)}  # ordered, each once
    values: dict[Metric[Any], np.ndarray[Any, np.dtype[np.float64]]] = {}
    reasons: dict[Metric[Any], np.ndarray[Any, np.dtype[np.uint8]]] = {}
    for metric in metrics:
        values[metric], reasons[metric] = _column(metric, (row.readings[metric] for row in rows), len(rows))
    return Batch(target.operator_id, target.name, walk.at, keys, values, reasons)


def _column(
    metric: Metric[Any], readings: Iterable[Reading[Any]], count: int
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.uint8]]]:
    values = np.full(count, np.nan)
    reasons = np.zeros(count, dtype=np.uint8)
    for at, reading in enumerate(readings):
        if reading.value is None:
            reasons[at] = REASON_CODES[reading.reason or Reason.NOT_READ]
        else:
            values[at] = encode(metric, reading.value)
    return values, reasons
