"""The service's own counters, exposed to Prometheus as the parts keep them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class StatsCollector(Collector):
    """Reads the counters of each part when they are asked for: nothing is counted twice."""

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self._parts = parts

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family a counter, ``jf_<part>_<counter>``; counts by cause have the label ``why``."""
        for part, stats in self._parts.items():
            for field in dataclasses.fields(stats):
                value = getattr(stats, field.name)
                text = f"{part}: {field.name.replace('_', ' ')}"
                if isinstance(value, int | float):
                    yield GaugeMetricFamily(f"jf_{part}_{field.name}", text, value=value)
                elif isinstance(value, Counter):
                    family = GaugeMetricFamily(f"jf_{part}_{field.name}", text, labels=["why"])
                    for why, count in value.items():
                        family.add_metric([why], count)
                    yield family


def registry(parts: Mapping[str, Any], *others: Collector) -> CollectorRegistry:
    """A registry of these parts, and of what collects otherwise."""
    found = CollectorRegistry()
    for one in (StatsCollector(parts), *others):
        found.register(one)
    return found
