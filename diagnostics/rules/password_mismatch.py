"""The right ONT is there and its registration is refused for its password."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.facts import password_refused
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.states import OntAlarm
from domain.verdict import Scope, Severity

LAYER = Layer.PROVISIONING
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a registration refused for that cause, or a password seen that is not the one configured."""
    facts, readings = case.facts, case.readings
    refused = password_refused(readings)
    unranged = OntAlarm.SUF in (readings.value(ont.ONT_ALARMS) or ()) and not readings.value(ont.ONT_STRANGERS)
    if facts.access_up or not facts.ont_down or not (refused or unranged):
        return None
    signs = Signs(case, thresholds)
    if refused:
        signs.add("password_refused", ont.ONT_REGISTRATION, ont.ONT_PASSWORD_OK)
    else:
        signs.add("not_ranged", ont.ONT_ALARMS)
        signs.lack(thresholds.doubt_two_hypotheses, "serial_seen")
    common.ont_is_down(signs, case)
    configured, seen = readings.value(ont.ONT_SERIAL), readings.value(ont.ONT_SERIAL_SEEN)
    same = None if configured is None or seen is None else configured == seen
    signs.expect(same, ("serial_right", "serial_wrong"), ont.ONT_SERIAL_SEEN, doubt=signs.minor, decider="serial_seen")
    return signs.match(Role.FAULT, blames.IDENTITY, Scope.INDIVIDUAL, Severity.MAJOR)
