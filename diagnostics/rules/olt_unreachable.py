"""The OLT does not answer its management: nothing can be concluded, for losing management is not a service fault."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import olt
from domain.verdict import Scope, Severity

LAYER = Layer.ADMIN
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Matches an OLT that did not answer; it stands only where nothing else proves service or fault."""
    if not case.facts.olt_unreachable:
        return None
    signs = Signs(case, thresholds)
    signs.add("olt_silent", olt.OLT_REACHABLE)
    return signs.match(Role.UNKNOWN, blames.UNKNOWN_NETWORK, Scope.UNKNOWN, Severity.INDETERMINATE, decider="retry")
