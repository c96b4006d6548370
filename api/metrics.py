"""The service's own counters, exposed to Prometheus as the parts keep them."""

from __future__ import annotations

import dataclasses
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
        """One family a counter, ``jf_<part>_<counter>``."""
        for part, stats in self._parts.items():
            for field in dataclasses.fields(stats):
                value = getattr(stats, field.name)
                if isinstance(value, int | float):
                    name = f"jf_{part}_{field.name}"
                    yield GaugeMetricFamily(name, f"{part}: {field.name.replace('_', ' ')}", value=value)


def registry(parts: Mapping[str, Any]) -> CollectorRegistry:
    """A registry of these parts."""
    found = CollectorRegistry()
    found.register(StatsCollector(parts))
    return found
