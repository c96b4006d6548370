"""What each OLT was asked, what it refused and how old its data are, for Prometheus.

Series by OLT are bounded: those after the first ``most`` names are in the totals only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from api.clock import Time
from collectors.load import Budgets, Usage
from collectors.polling import PollingLoop
from domain.olt import OltTarget

_USAGE: tuple[tuple[str, str, Callable[[Usage], float]], ...] = (
    ("pdus", "requests sent", lambda usage: usage.pdus),
    ("live_pdus", "requests of live reads", lambda usage: usage.live_pdus),
    ("refused", "reads refused by the breaker, the quiet hours or a spent cycle", lambda usage: usage.refused),
    ("held", "times that a request waited for the rate", lambda usage: usage.held),
    ("silent", "whether the circuit breaker keeps polling away", lambda usage: usage.silent),
    ("pdus_per_s_allowed", "requests a second that the contract allows", lambda usage: usage.contract.pdus_per_s),
)


class OltCollector(Collector):
    """Reads budgets and polling when asked."""

    def __init__(self, budgets: Budgets, polling: PollingLoop, clock: Time, most: int) -> None:
        self._budgets = budgets
        self._polling = polling
        self._clock = clock
        self._most = most

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """``jf_olts``, ``jf_olt_load_<total>`` over all, ``jf_olt_<counter>{olt=…}`` and ``jf_olt_age_seconds``."""
        targets = sorted(self._polling.targets, key=lambda target: target.name)
        usages = [self._budgets.of(target.host, target.port).usage(time.monotonic()) for target in targets]
        yield GaugeMetricFamily("jf_olts", "OLTs that are polled", value=len(targets))
        for name, text, value in _USAGE:
            yield GaugeMetricFamily(f"jf_olts_{name}", f"{text}, all OLTs", value=sum(map(value, usages)))
            family = GaugeMetricFamily(f"jf_olt_{name}", text, labels=["olt"])
            for target, usage in zip(targets[: self._most], usages, strict=False):
                family.add_metric([target.name], value(usage))
            yield family
        yield self._ages(targets[: self._most])

    def _ages(self, targets: Sequence[OltTarget]) -> GaugeMetricFamily:
        """Age of what polling last brought; an OLT that has brought nothing yet has no series: unknown is not zero."""
        now = self._clock.now()
        family = GaugeMetricFamily("jf_olt_age_seconds", "since polling last brought something", labels=["olt"])
        for target in targets:
            polled = self._polling.olts.get(target.name)
            latest = max(filter(None, (polled.walked, polled.cycled)), default=None) if polled is not None else None
            if isinstance(latest, datetime):
                family.add_metric([target.name], (now - latest).total_seconds())
        return family
