"""The ONT has mains and does not start, or reports an internal failure: it is dead."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import context, ont
from domain.states import OntAlarm
from domain.verdict import Scope, Severity

LAYER = Layer.ONT
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs an ONT down whose LED is off on a live socket, or its own equipment alarm."""
    facts, alarms = case.facts, case.readings.value(ont.ONT_ALARMS) or ()
    unlit = facts.ont_lit is False and case.readings.value(context.MAINS_CHECKED) is True
    failed = OntAlarm.PEE in alarms
    if not facts.ont_down or not (unlit or failed):
        return None
    signs = Signs(case, thresholds)
    common.ont_is_down(signs, case)
    if unlit:
        signs.add("unlit", context.LEDS, context.MAINS_CHECKED)
    if failed:
        signs.add("equipment_error", ont.ONT_ALARMS)
    common.neighbours_speak(signs, case)
    return signs.match(Role.FAULT, blames.ONT, Scope.INDIVIDUAL, Severity.MAJOR)
