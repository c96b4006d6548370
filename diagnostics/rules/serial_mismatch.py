"""Another ONT than the one configured is on the fibre: it was swapped without telling the OLT."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.states import OntAlarm, Registration
from domain.verdict import Scope, Severity

LAYER = Layer.PROVISIONING
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the configured ONT absent, and another serial number in its place."""
    facts, readings = case.facts, case.readings
    if facts.access_up or not facts.ont_down:
        return None
    configured, seen = readings.value(ont.ONT_SERIAL), readings.value(ont.ONT_SERIAL_SEEN)
    strangers = [serial for serial in readings.value(ont.ONT_STRANGERS) or () if serial != configured]
    told = readings.value(ont.ONT_REGISTRATION) is Registration.SERIAL
    other = seen if seen is not None and seen != configured else next(iter(strangers), None)
    if other is None and not told:
        return None
    signs = Signs(case, thresholds)
    if other is None:
        signs.add("serial_refused", ont.ONT_REGISTRATION)
    else:
        signs.add("serial_seen", ont.ONT_SERIAL_SEEN, ont.ONT_STRANGERS, seen=str(other))
    if configured is None:
        signs.lack(thresholds.doubt_missing, "serial_label")
    else:
        signs.add("serial_configured", ont.ONT_SERIAL, configured=str(configured))
    common.ont_is_down(signs, case)
    alarms = readings.value(ont.ONT_ALARMS)
    if alarms is not None and OntAlarm.SUF in alarms:
        signs.add("not_ranged", ont.ONT_ALARMS)
    elif facts.dying_gasp or facts.light_lost:
        signs.lack(signs.minor, "serial_label")
    if seen is None and len(strangers) > 1:
        signs.lack(thresholds.doubt_two_hypotheses, "serial_label")
    return signs.match(Role.FAULT, blames.IDENTITY, Scope.INDIVIDUAL, Severity.MAJOR)
