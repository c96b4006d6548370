"""The ONT loses its power again and again, on a line that is good: its mains, or a habit."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.OPTICS
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs repeated falls, most of them dying gasps, at good levels."""
    flaps = case.trends.flaps
    if not flaps.unstable or not case.facts.access_up or not flaps.power or flaps.power < flaps.light:
        return None
    good = optics.stable_loss(case, thresholds)
    signs = Signs(case, thresholds)
    signs.add("flaps", ont.ONT_FLAPS_24H, day=flaps.day, week=flaps.week)
    signs.add("flaps_power", ont.ONT_CAUSES_24H, ont.ONT_DOWN_CAUSE)
    signs.expect(good, ("line_stable", "line_loses"), ont.ONT_RX_DBM, doubt=signs.minor)
    if flaps.light:
        signs.object_to("flaps_light_too", light=flaps.light)
    if flaps.habit:
        return signs.match(Role.WARNING, blames.NOTHING, Scope.INDIVIDUAL, Severity.WARNING, variant="habit")
    severity = Severity.MAJOR if flaps.day >= thresholds.flaps_many_24h else Severity.MINOR
    return signs.match(Role.DEGRADED, blames.ONT_MAINS, Scope.INDIVIDUAL, severity, decider="power_strip")
