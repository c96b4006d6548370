"""A téléaction was just made: the equipment may still be starting, and nothing can be concluded yet."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import GLOBAL, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import context
from domain.verdict import Scope, Severity

LAYER = Layer.TRANSIENT
TESTS = GLOBAL


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a recent téléaction, and something that a restart explains."""
    facts, at = case.facts, case.readings.value(context.TELEACTION_AT)
    if not facts.acting or at is None:
        return None
    on_box = "box" in (case.readings.value(context.TELEACTION) or "")
    idle = False in (facts.box_active, facts.session_alive, facts.uni_up)
    if (facts.ont_down and on_box) or not (facts.ont_down or idle):
        return None
    signs = Signs(case, thresholds)
    signs.add("teleaction", context.TELEACTION_AT, acted=at)
    if facts.ont_down:
        common.ont_is_down(signs, case)
    return signs.match(Role.FAULT, blames.UNKNOWN, Scope.INDIVIDUAL, Severity.INDETERMINATE, decider="later")
