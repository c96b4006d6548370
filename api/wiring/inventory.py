"""The inventory, the life of accesses, and the reference tests that follow what happens to them."""

from __future__ import annotations

from api.services.diagnoses import DiagnosisService
from api.services.inventory import InventoryService
from api.services.lifecycle import AccessLifecycle
from api.services.references import ReferenceTests
from api.wiring.collection import Collection
from api.wiring.core import Core
from collectors.register import drivers


def inventory(core: Core, reading: Collection) -> InventoryService:
    """The inventory; an OLT that is declared is read at once."""
    return InventoryService(
        accesses=core.records.accesses,
        network=core.records.network,
        vendors=frozenset(drivers()),
        on_declared=lambda olt: core.spawn(reading.polling.declared(olt)),
        on_removed=reading.polling.follow_inventory,
    )


def reference_tests(core: Core, diagnoses: DiagnosisService) -> ReferenceTests:
    """The DELC that follow a creation, an exchange and a closure."""
    enabled = core.settings.reference_tests
    found = ReferenceTests(diagnoses, core.records, core.clock, enabled=enabled)
    if enabled:
        core.spawn(found.run())
    return found


def lifecycle(core: Core, references: ReferenceTests) -> AccessLifecycle:
    """The life of accesses."""
    records = core.records
    return AccessLifecycle(
        records.accesses, records.access_history, records.references, records.planned_works, references, core.clock
    )
