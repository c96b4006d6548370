"""From a walk, whatever the driver, to batches of telemetry: one array a metric that telemetry can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np

from domain.metric import Metric, Readings
from domain.metrics.olt import OLT_UPTIME_S
from domain.olt import OltTarget, OltWalk
from domain.pacing import paced
from domain.reading import Reading, Reason
from domain.telemetry import REASON_CODES, Batch, Codes, Values, encode, pack, pack_pon

_PLAIN = (bool, int, float, datetime)
_OF_AN_ONT = frozenset({"ont", "uni"})
_OF_A_PON = "pon"


@cache
def storable(metric: Metric[Any]) -> bool:
    """Whether telemetry keeps a metric: a number, a state or an instant, never an identity or a secret.

    Of an ONT or of a PON port; and the OLT's uptime, kept with its PON ports, which tells when counters were reset.
    """
    kept = metric.entity in _OF_AN_ONT or metric.entity == _OF_A_PON or metric is OLT_UPTIME_S
    return kept and not metric.secret and issubclass(metric.type, (*_PLAIN, StrEnum))


async def batches_of(target: OltTarget, walk: OltWalk) -> list[Batch]:
    """The ONTs of a walk, and its PON ports, as columns; none that would be empty. The loop is let go in between."""
    batches = (await batch_of(target, walk), await pon_batch_of(target, walk))
    return [batch for batch in batches if len(batch.keys)]


async def batch_of(target: OltTarget, walk: OltWalk) -> Batch:
    """The ONTs of a walk as columns. A metric that a row does not have reads ``not_read`` there."""
    return await _batch(target, walk, {pack(row.name): row.readings for row in walk.onts})


async def pon_batch_of(target: OltTarget, walk: OltWalk) -> Batch:
    """The PON ports of a walk as columns, each with the uptime of the OLT."""
    uptime = {OLT_UPTIME_S: walk.readings[OLT_UPTIME_S]}
    rows = {pack_pon(row.name): Readings({**row.readings.values, **uptime}) for row in walk.pon_ports}
    return await _batch(target, walk, rows)


async def _batch(target: OltTarget, walk: OltWalk, named: Mapping[int, Readings]) -> Batch:
    keys = np.array(sorted(named), dtype=np.int64)
    rows = [named[key] for key in keys.tolist()]
    metrics: dict[Metric[Any], None] = {}  # ordered, each once
    async for row in paced(rows):
        metrics.update((metric, None) for metric in row if metric not in metrics and storable(metric))
    values: dict[Metric[Any], Values] = {}
    reasons: dict[Metric[Any], Codes] = {}
    async for metric in paced(metrics):
        values[metric], reasons[metric] = _column(metric, (row[metric] for row in rows), len(rows))
    return Batch(target.operator_id, target.name, walk.at, keys, values, reasons)


def _column(metric: Metric[Any], readings: Iterable[Reading[Any]], count: int) -> tuple[Values, Codes]:
    values = np.full(count, np.nan)
    reasons = np.zeros(count, dtype=np.uint8)
    for at, reading in enumerate(readings):
        if reading.value is None:
            reasons[at] = REASON_CODES[reading.reason or Reason.NOT_READ]
        else:
            values[at] = encode(metric, reading.value)
    return values, reasons
