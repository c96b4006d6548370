"""This ONT sends in the time slots of others: it harms its whole PON."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import olt, ont
from domain.states import DownCause, OntAlarm, PonAlarm
from domain.verdict import Scope, Severity

LAYER = Layer.ROGUE
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the ONT's own alarm, or its last fall for that cause."""
    alarms = case.readings.value(ont.ONT_ALARMS) or ()
    own = OntAlarm.TIW in alarms or OntAlarm.ROGUE in alarms or OntAlarm.DF in alarms
    blamed = not case.facts.ont_up and case.readings.value(ont.ONT_DOWN_CAUSE) is DownCause.ROGUE
    if not own and not blamed:
        return None
    signs = Signs(case, thresholds)
    signs.add("rogue_alarm", ont.ONT_ALARMS)
    port = case.readings.value(olt.PON_ALARMS)
    intruding = None if port is None else PonAlarm.TIA in port
    signs.expect(intruding, ("intrusion", "no_intrusion"), olt.PON_ALARMS, doubt=signs.missing)
    if optics.noisy_around(case, thresholds):
        signs.add("others_suffer", noisy=case.crowd.pon.noisy)
    return signs.match(Role.FAULT, blames.ONT, Scope.PON, Severity.CRITICAL)
