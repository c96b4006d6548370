"""The ONT is off line and nothing says whether it lost its light or its power."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.DROP
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Matches an ONT off line; it stands only where no rule found a cause."""
    if not case.facts.ont_down:
        return None
    signs = Signs(case, thresholds)
    common.ont_is_down(signs, case)
    if case.facts.light_lost is False:
        signs.add("light_not_lost", ont.ONT_ALARMS)
    if case.crowd.pon.up:
        signs.add("pon_up", up=case.crowd.pon.up)
    return signs.match(
        Role.UNKNOWN,
        blames.UNKNOWN_COMMERCIAL,
        Scope.UNKNOWN,
        Severity.MAJOR,
        decider="ont_leds" if case.facts.light_lost is False else "alarms",
    )
