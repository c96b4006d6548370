"""The probes of the Internet platform, and what joins them with sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from api.clock import Time
from api.services.platform import PlatformService
from api.settings import Settings
from collectors.platform.flows import Relay
from collectors.platform.prober import Pace, PlatformProber
from domain.secret import Secret
from storage.records import Records


@asynccontextmanager
async def platform(settings: Settings, clock: Time, records: Records) -> AsyncIterator[PlatformService]:
    """Open it; `PlatformProber.run` must be run. Without settings nothing is probed until targets are given."""
    told, pace, relay = settings.platform, Pace(), None
    if told is not None:
        pace = Pace(timedelta(seconds=told.period_s), told.patience_s, query_name=told.query_name)
        if told.relay_place is not None and told.relay_secret is not None:
            relay = Relay(*told.relay_place, Secret(told.relay_secret.get_secret_value()))
    targets = () if told is None else told.targets()
    prober = PlatformProber(targets, records.platform_probes, clock, clock, pace)
    try:
        yield PlatformService(prober, records.session_history, records.platform_probes, clock, relay)
    finally:
        await prober.close()
