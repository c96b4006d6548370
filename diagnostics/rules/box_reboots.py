"""The box starts again and again."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import GLOBAL, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import box
from domain.verdict import Scope, Severity

LAYER = Layer.ETHERNET
TESTS = GLOBAL


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs more boots in a day than an update or a power cut makes."""
    boots = case.readings.value(box.BOX_BOOTS_24H)
    if boots is None or boots < thresholds.boots_24h or case.facts.ont_down:
        return None
    signs = Signs(case, thresholds)
    signs.add("boots", box.BOX_BOOTS_24H, boots=boots)
    common.ont_works(signs, case)
    blame = blames.HOME_COMFORT if case.facts.session_alive else blames.HOME
    return signs.match(Role.DEGRADED, blame, Scope.INDIVIDUAL, Severity.MAJOR, decider="box_mains")
