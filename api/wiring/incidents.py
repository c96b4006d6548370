"""What wakes the watch over collective incidents: each polling cycle, and OLTs that leave the inventory."""

from __future__ import annotations

from api.services.incident_push import IncidentPush
from api.services.incidents import IncidentWatch
from api.wiring.collection import Collection
from api.wiring.core import Core
from domain.olt import OltTarget


def watch(core: Core, reading: Collection) -> IncidentWatch:
    """A watch over the OLTs that are polled, started; polling begins after it."""
    records = core.records
    found = IncidentWatch(
        network=records.network,
        kept=records.incidents,
        works=records.planned_works,
        push=IncidentPush(records.accesses, records.incidents, records.webhooks, core.clock),
        store=reading.telemetry.store,
        events=reading.events,
        thresholds=core.ruleset.thresholds,
        clock=core.clock,
    )

    def polled(target: OltTarget, answered: bool) -> None:
        found.polled(target, answered=answered)

    def left(target: OltTarget) -> None:
        found.removed([target.name])

    reading.polling.on_polled, reading.polling.on_left = polled, left
    core.spawn(found.run())
    return found
