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
    """Needs the ONT's own alarm, or its last fall for that cause; a mere drift of its bursts, others that suffer."""
    alarms = case.readings.value(ont.ONT_ALARMS) or ()
    own = OntAlarm.TIW in alarms or OntAlarm.ROGUE in alarms or OntAlarm.DF in alarms
    drifts = OntAlarm.DOW in alarms
    noisy = optics.noisy_around(case, thresholds)
    blamed = not case.facts.ont_up and case.readings.value(ont.ONT_DOWN_CAUSE) is DownCause.ROGUE
    port = case.readings.value(olt.PON_ALARMS)
    intruding = None if port is None else PonAlarm.TIA in port
    heard = case.crowd.pon.noise_known
    if not own and not blamed and not (drifts and (noisy or intruding or not heard)):
        return None
    signs = Signs(case, thresholds)
    signs.add("rogue_alarm" if own or blamed else "drifts", ont.ONT_ALARMS)
    if drifts and not own and not heard:
        signs.lack(thresholds.doubt_decisive, "neighbour_errors")
    signs.expect(intruding, ("intrusion", "no_intrusion"), olt.PON_ALARMS, doubt=signs.minor)
    if noisy:
        signs.add("others_suffer", noisy=case.crowd.pon.noisy)
    return signs.match(Role.FAULT, blames.ONT, Scope.PON, Severity.CRITICAL)
