"""The Ethernet link between ONT and box is down while the ONT works: the lead, a port, or the box itself is off."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import context, ont
from domain.verdict import Scope, Severity

LAYER = Layer.ETHERNET
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the link down and the ONT up. A box off and a lead unplugged look the same: only a LED tells."""
    facts = case.facts
    if facts.uni_up is not False or not facts.ont_up or facts.box_lit is False:
        return None
    if facts.box_stopped_first and not facts.box_lit:
        return None
    signs = Signs(case, thresholds)
    signs.add("uni_down", ont.UNI_OPER)
    common.ont_works(signs, case)
    common.session_state(signs, case)
    if facts.session_alive:
        signs.object_to("session_alive")
    elif facts.box_active is False:
        common.last_inform(signs, case, "inform_old")
    if facts.box_lit:
        signs.add("box_led_on", context.LEDS)
        return signs.match(Role.FAULT, blames.HOME, Scope.INDIVIDUAL, Severity.MAJOR, variant="cable")
    signs.lack(thresholds.doubt_missing, "box_leds")
    return signs.match(Role.FAULT, blames.HOME, Scope.INDIVIDUAL, Severity.MAJOR)
