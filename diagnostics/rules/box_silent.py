"""« Infos Box » alone: the box is silent. It may be off, hung, or its access cut: only a global diagnosis tells."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import BOX_ONLY, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.verdict import Scope, Severity

LAYER = Layer.SERVICE
TESTS = BOX_ONLY


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a box known to be inactive."""
    if case.facts.box_active is not False:
        return None
    signs = Signs(case, thresholds)
    signs.add("box_inactive")
    common.last_inform(signs, case, "inform_old")
    common.session_state(signs, case)
    return signs.match(
        Role.UNKNOWN, blames.UNKNOWN_COMMERCIAL, Scope.UNKNOWN, Severity.INDETERMINATE, decider="global_test"
    )
