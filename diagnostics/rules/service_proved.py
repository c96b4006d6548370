"""The OLT says nothing, or the contrary, yet the box speaks over this access: it works."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import GLOBAL, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import olt, ont
from domain.states import Oper
from domain.verdict import Scope, Severity

LAYER = Layer.HEALTH
TESTS = GLOBAL


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a live proof later than any fall that the OLT tells. Optics and states of the OLT stay unmeasured."""
    facts = case.facts
    if facts.ont_up or facts.proved_at is None:
        return None
    signs = Signs(case, thresholds)
    signs.add("access_proved", proved_at=facts.proved_at)
    if facts.olt_unreachable:
        signs.add("olt_silent", olt.OLT_REACHABLE)
    if facts.session_alive:
        signs.add("session_alive")
    else:
        signs.lack(thresholds.doubt_missing, "session")
    common.last_inform(signs, case, "inform_fresh")
    if facts.contradicted:
        signs.object_to("ont_down", ont.ONT_OPER)
        signs.lack(1.0, "placement")
    elif facts.light_lost and case.readings.value(ont.ONT_OPER) is Oper.UP:
        signs.object_to("olt_contradicts", ont.ONT_OPER, ont.ONT_ALARMS)
    return signs.match(
        Role.HEALTH,
        blames.NOTHING,
        Scope.INDIVIDUAL,
        Severity.WARNING if facts.contradicted else Severity.NONE,
        decider="ont_state",
        variant="contradicted" if facts.contradicted else "",
    )
