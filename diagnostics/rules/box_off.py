"""The box is off: its link with the ONT is down, and it had stopped by itself before."""

from __future__ import annotations

from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont, session
from domain.verdict import Defect, Family, Owner, Prelocalisation, Scope, Severity

LAYER = Layer.ETHERNET
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the link down, the ONT up, and a box that ended its session or its Informs before."""
    facts = case.facts
    if facts.uni_up is not False or not facts.ont_up or not facts.box_stopped_first:
        return None
    signs = Signs(case, thresholds)
    signs.add("uni_down", ont.UNI_OPER)
    common.ont_works(signs, case)
    common.session_state(signs, case)
    cause = case.readings.value(session.SESSION_STOP_CAUSE)
    if cause is not None:
        signs.add("stop_cause", session.SESSION_STOP_CAUSE, cause=cause)
    common.last_inform(signs, case, "inform_old")
    return Match(
        Role.FAULT,
        Family.INTERNE,
        Prelocalisation.DESSERTE_INTERNE_BOX,
        Scope.INDIVIDUAL,
        Severity.MAJOR,
        Owner.COMMERCIAL,
        Defect.SESSION_INACTIVE,
        signs.certainty,
        tuple(signs.present),
        tuple(signs.against),
        "box_leds",
    )
