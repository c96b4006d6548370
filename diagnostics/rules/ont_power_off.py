"""The ONT lost its power: its last word was a dying gasp. The loss of light that follows is a consequence."""

from __future__ import annotations

from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Defect, Family, Owner, Prelocalisation, Scope, Severity

LAYER = Layer.POWER
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the dying gasp and the ONT off line."""
    if not case.facts.ont_down or not case.facts.dying_gasp:
        return None
    signs = Signs(case, thresholds)
    signs.add("dying_gasp", ont.ONT_ALARMS)
    common.ont_is_down(signs, case)
    common.neighbours_speak(signs, case)
    if case.crowd.pon.gasp and case.readings.value(ont.ONT_LAST_CHANGE) is None:
        signs.lack(thresholds.doubt_missing, "fall_date")  # alone, or with the area?
    return Match(
        Role.FAULT,
        Family.ONT,
        Prelocalisation.ONT,
        Scope.INDIVIDUAL,
        Severity.MAJOR,
        Owner.CUSTOMER,
        Defect.ONT,
        signs.certainty,
        tuple(signs.present),
        tuple(signs.against),
        signs.decider,
    )
