"""The box is off: its link with the ONT is down, and it had stopped by itself before."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import context, ont, session
from domain.verdict import Scope, Severity

LAYER = Layer.ETHERNET
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the link down, the ONT up, and a box that ended its session or its Informs before."""
    facts = case.facts
    seen_off = facts.box_lit is False
    if facts.uni_up is not False or not facts.ont_up or facts.box_lit or not (facts.box_stopped_first or seen_off):
        return None
    signs = Signs(case, thresholds)
    signs.add("uni_down", ont.UNI_OPER)
    common.ont_works(signs, case)
    common.session_state(signs, case)
    cause = case.readings.value(session.SESSION_STOP_CAUSE)
    if cause is not None:
        signs.add("stop_cause", session.SESSION_STOP_CAUSE, cause=cause)
    common.last_inform(signs, case, "inform_old")
    if seen_off:
        signs.add("box_led_off", context.LEDS)
    return signs.match(Role.FAULT, blames.HOME, Scope.INDIVIDUAL, Severity.MAJOR, decider="box_leds")
