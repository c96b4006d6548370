"""Errors downstream at good levels, on this access alone: the ONT, or a reflection."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope

LAYER = Layer.OPTICS
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs errors that a customer feels, levels that explain none, and neighbours that have none."""
    if not case.facts.ont_up or not case.errors.high_down or optics.noisy_around(case, thresholds):
        return None
    good = optics.good_levels(case, thresholds)
    if good is False:
        return None
    signs = Signs(case, thresholds)
    signs.add("errors", ont.ONT_ERRORS_DOWN, ont.ONT_ALARMS)
    signs.expect(
        good, ("levels_good", "levels_good"), ont.ONT_RX_DBM, ont.OLT_RX_DBM, doubt=signs.minor, decider="levels"
    )
    return signs.match(Role.DEGRADED, blames.ONT, Scope.INDIVIDUAL, optics.severity(case), decider="ont_swap")
