"""Mains failed in the area: several ONTs of the PON told that they lost power, about when the subject did."""

from __future__ import annotations

from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.verdict import Defect, Family, Owner, Prelocalisation, Scope, Severity

LAYER = Layer.AREA
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the dying gasp of the subject, and those of its neighbours within a minute."""
    gasps = case.crowd.gasps_together
    if not case.facts.ont_down or not case.facts.dying_gasp or gasps + 1 < thresholds.area_min_gasps:
        return None
    signs = Signs(case, thresholds)
    common.ont_is_down(signs, case)
    signs.add("gasps_together", gasps=gasps)
    return Match(
        Role.FAULT,
        Family.ONT,
        Prelocalisation.ONT,
        Scope.AREA,
        Severity.CRITICAL,
        Owner.NOBODY,
        Defect.ONT,
        signs.certainty,
        tuple(signs.present),
        tuple(signs.against),
        params={"gasps": gasps + 1},
    )
