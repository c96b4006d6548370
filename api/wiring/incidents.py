"""What wakes the watch over collective incidents: each polling cycle, and OLTs that leave the inventory."""

from __future__ import annotations

from api.clock import Time
from api.services.incidents import IncidentWatch
from api.wiring.collection import Collection
from diagnostics.ruleset import Ruleset
from domain.olt import OltTarget
from storage.records import Records


def watch(reading: Collection, records: Records, ruleset: Ruleset, clock: Time) -> IncidentWatch:
    """A watch over the OLTs that are polled; start it with its ``run``, before polling."""
    store = reading.telemetry.store
    found = IncidentWatch(records.network, records.incidents, store, reading.events, ruleset.thresholds, clock)

    def polled(target: OltTarget, answered: bool) -> None:
        found.polled(target, answered=answered)

    def left(target: OltTarget) -> None:
        found.removed([target.name])

    reading.polling.on_polled, reading.polling.on_left = polled, left
    return found
