"""The ONT lost its power: its last word was a dying gasp. The loss of light that follows is a consequence."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import context, ont
from domain.verdict import Scope, Severity

LAYER = Layer.POWER
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the ONT off line, and its dying gasp or the customer who sees its LED off."""
    facts = case.facts
    if not facts.ont_down or not (facts.dying_gasp or facts.ont_lit is False):
        return None
    signs = Signs(case, thresholds)
    if facts.dying_gasp:
        signs.add("dying_gasp", ont.ONT_ALARMS, ont.ONT_DOWN_CAUSE)
    else:
        signs.lack(signs.missing, "mains")
    if facts.ont_lit is False:
        signs.add("led_off", context.LEDS)
    elif facts.ont_lit:
        signs.object_to("led_on", context.LEDS)
    common.ont_is_down(signs, case)
    common.neighbours_speak(signs, case)
    if case.crowd.pon.gasp and case.readings.value(ont.ONT_LAST_CHANGE) is None:
        signs.lack(thresholds.doubt_missing, "fall_date")  # alone, or with the area?
    return signs.match(Role.FAULT, blames.ONT_MAINS, Scope.INDIVIDUAL, Severity.MAJOR)
