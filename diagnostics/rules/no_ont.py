"""The access hangs nowhere: no ONT is recorded for it, so nothing of the network can be read."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.verdict import Scope, Severity

LAYER = Layer.CARD
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Matches an access without place; it stands only where nothing else proves service."""
    if case.snapshot.place is not None:
        return None
    signs = Signs(case, thresholds)
    signs.add("no_place")
    return signs.match(
        Role.UNKNOWN, blames.UNKNOWN_COMMERCIAL, Scope.UNKNOWN, Severity.INDETERMINATE, decider="placement"
    )
