"""The probes of the Internet platform, and what joins them with sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from api.clock import Time
from api.services.incidents import IncidentWatch
from api.services.platform import Explained, PlatformService
from api.settings import Settings
from collectors.platform.flows import Relay
from collectors.platform.prober import Pace, PlatformProber
from domain.access import OutsidePlant, Place
from domain.platform import Lost
from domain.secret import Secret
from storage.records import Records


@asynccontextmanager
async def platform(
    settings: Settings, clock: Time, records: Records, incidents: IncidentWatch
) -> AsyncIterator[PlatformService]:
    """Open it; `PlatformProber.run` must be run. Without settings nothing is probed until targets are given."""
    told, pace, relay = settings.platform, Pace(), None
    if told is not None:
        pace = Pace(timedelta(seconds=told.period_s), told.patience_s, query_name=told.query_name)
        if told.relay_place is not None and told.relay_secret is not None:
            relay = Relay(*told.relay_place, Secret(told.relay_secret.get_secret_value()))
    targets = () if told is None else told.targets()
    prober = PlatformProber(targets, records.platform_probes, clock, clock, pace)
    try:
        history, probes = records.session_history, records.platform_probes
        yield PlatformService(prober, history, probes, clock, relay, _explained_by(incidents))
    finally:
        await prober.close()


def _explained_by(incidents: IncidentWatch) -> Explained:
    """By what the fleet's last look saw fall: an ONT that an open incident took has lost its session with it."""

    def explained(one: Lost) -> bool:
        if one.olt is None or one.ont is None:
            return False
        return incidents.of(Place(one.olt, one.ont), OutsidePlant()) is not None

    return explained
