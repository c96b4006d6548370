"""The ONT does not run the firmware planned for it, once both are decoded: no effect on the service by itself."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.HEALTH
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs both versions; compares what they mean, not how they are written."""
    active = case.readings.value(ont.ONT_FIRMWARE_ACTIVE)
    planned = case.readings.value(ont.ONT_FIRMWARE_PLANNED)
    if active is None or planned is None or not planned.is_version or not active.text:
        return None
    if active.same_version(planned):
        return None
    signs = Signs(case, thresholds)
    metrics = (ont.ONT_FIRMWARE_ACTIVE, ont.ONT_FIRMWARE_PLANNED)
    signs.add("firmware_differs", *metrics, active=active.text, planned=planned.text)
    return signs.match(
        Role.WARNING, blames.WATCHED, Scope.INDIVIDUAL, Severity.WARNING, active=active.text, planned=planned.text
    )
