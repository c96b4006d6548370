"""The ONT is locked by configuration: suspended, or forgotten after a job."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.ADMIN
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the administrative state of the ONT, and nothing to prove that the access works."""
    facts = case.facts
    if facts.unlocked is not False or facts.access_up:
        return None
    signs = Signs(case, thresholds)
    signs.add("ont_locked", ont.ONT_ADMIN)
    signs.expect(facts.ont_down, ("ont_down", "ont_up"), ont.ONT_OPER, doubt=thresholds.doubt_minor)
    return signs.match(Role.FAULT, blames.SUSPENSION, Scope.INDIVIDUAL, Severity.MAJOR)
