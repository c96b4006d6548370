"""What is going to fail: the nightly scan of telemetry."""

from __future__ import annotations

from api.services.history import LineHistory
from api.services.trends import TrendService
from api.wiring.background import each_night
from api.wiring.collection import Collection
from api.wiring.core import Core


def trends(core: Core, reading: Collection, history: LineHistory) -> TrendService:
    """The service of trends, its scan made every night."""
    found = TrendService(reading.telemetry.store, core.records, history, core.clock, core.ruleset.thresholds)
    core.spawn(each_night("trends", core.settings.trends_at, core.clock, found.nightly))
    return found
