"""Mains failed in the area: several ONTs of the PON told that they lost power, about when the subject did."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.verdict import Scope, Severity

LAYER = Layer.AREA
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs dying gasps of neighbours within a minute, and that of the subject, or more of them than of lost lights.

    A dying gasp can be lost on the way: among many of them, a light lost at the same instant is the mains too.
    """
    gasps = case.crowd.gasps_together
    if not case.facts.ont_down or gasps + 1 < thresholds.area_min_gasps:
        return None
    if not case.facts.dying_gasp and gasps <= case.crowd.pon.dark + 1:
        return None
    signs = Signs(case, thresholds)
    common.ont_is_down(signs, case)
    signs.add("gasps_together", gasps=gasps)
    if not case.facts.dying_gasp:
        signs.lack(signs.missing, "ont_leds")
    return signs.match(Role.FAULT, blames.AREA_MAINS, Scope.AREA, Severity.CRITICAL, gasps=gasps + 1)
