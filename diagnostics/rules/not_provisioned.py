"""The ONT is not provisioned on its OLT."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.PROVISIONING
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the OLT's own configuration to say so, and nothing to prove that the access works."""
    facts = case.facts
    if facts.provisioned is not False or facts.access_up:
        return None
    signs = Signs(case, thresholds)
    signs.add("not_provisioned", ont.ONT_PROVISIONED)
    signs.expect(facts.ont_down, ("ont_down", "ont_up"), ont.ONT_OPER, doubt=thresholds.doubt_minor)
    return signs.match(Role.FAULT, blames.CONFIGURATION, Scope.INDIVIDUAL, Severity.MAJOR)
