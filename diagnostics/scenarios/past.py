"""The series of a scenario as a history: samples of metrics, and falls of the ONT."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from diagnostics.scenarios import words
from diagnostics.scenarios.names import COUNTERS, LEVELS
from diagnostics.scenarios.network import cause_of
from domain.history import Drop, History, Sample
from domain.metric import Metric
from domain.metrics import surroundings

_WORDS: Mapping[str, Metric[Any]] = {
    **{name: metric for metric, name in LEVELS.items()},
    **{name: metric for metric, name in COUNTERS.items()},
}
_PATTERNS: tuple[tuple[str, Metric[Any]], ...] = (
    (r"rain|pluie|precip", surroundings.RAIN_MM),
    (r"pbo.*rx", surroundings.PBO_MEAN_RX_DBM),
    (r"(pon|neighbour|other).*rx", surroundings.PON_MEAN_RX_DBM),
    (r"temp", surroundings.AIR_TEMPERATURE_C),
)


def _metric(name: str) -> Metric[Any] | None:
    if name in _WORDS:
        return _WORDS[name]
    return next((metric for pattern, metric in _PATTERNS if re.search(pattern, name)), None)


def history_of(series: object) -> History:
    """The history of a scenario's series: a list of samples and of falls, or an object of such lists."""
    lists = list(series.values()) if isinstance(series, dict) else [series]
    items = [item for found in lists if isinstance(found, list) for item in found if isinstance(item, dict)]
    samples: dict[str, list[Sample]] = {}
    for metric, sample in _samples(items):
        samples.setdefault(metric.key, []).append(sample)
    drops = [
        Drop(down_at, words.instant(item.get("up_at")), cause_of(item.get("cause")))
        for item in items
        if (down_at := words.instant(item.get("down_at"))) is not None
    ]
    return History({key: tuple(found) for key, found in samples.items()}, tuple(drops))


def _samples(items: list[dict[str, Any]]) -> Iterator[tuple[Metric[Any], Sample]]:
    for item in items:
        at = words.instant(item.get("t") or item.get("at"))
        for name, value in item.items():
            metric, number = _metric(name), words.number(value)
            if at is not None and metric is not None and number is not None:
                yield metric, Sample(at, number)
