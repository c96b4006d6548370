"""« Infos Box » alone: the box speaks. The access is not judged."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import BOX_ONLY, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.verdict import Scope, Severity

LAYER = Layer.HEALTH
TESTS = BOX_ONLY


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a box known to be active."""
    if not case.facts.box_active:
        return None
    signs = Signs(case, thresholds)
    signs.add("box_active")
    common.last_inform(signs, case, "inform_fresh")
    signs.expect(case.facts.session_alive, ("session_alive", "session_closed"), doubt=signs.minor, decider="session")
    return signs.match(Role.HEALTH, blames.NOTHING, Scope.INDIVIDUAL, Severity.NONE)
