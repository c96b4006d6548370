"""« Infos Box » alone: the box is silent. It may be off, hung, or its access cut: only a global diagnosis tells."""

from __future__ import annotations

from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import BOX_ONLY, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.verdict import Family, Owner, Prelocalisation, Scope, Severity

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
    return Match(
        Role.UNKNOWN,
        Family.INDETERMINE,
        Prelocalisation.INDETERMINEE,
        Scope.UNKNOWN,
        Severity.INDETERMINATE,
        Owner.COMMERCIAL,
        None,
        signs.certainty,
        tuple(signs.present),
        tuple(signs.against),
        "global_test",
    )
