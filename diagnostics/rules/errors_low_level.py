"""Errors with a level received next to its sensitivity: the line lost its margin."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope

LAYER = Layer.OPTICS
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs errors that a customer feels and a level close to its limit, from ends that send enough."""
    budget = case.budget
    if not case.facts.ont_up or not case.errors.high or budget.too_low or not optics.near_limit(case, thresholds):
        return None
    if False in (budget.olt_sent_ok, budget.ont_sent_ok) or optics.shared(case, thresholds):
        return None
    signs = Signs(case, thresholds)
    signs.add("errors", ont.ONT_ERRORS_UP, ont.ONT_ERRORS_DOWN, ont.ONT_FEC_UNCORRECTED)
    signs.add("near_limit", ont.ONT_RX_DBM, ont.OLT_RX_DBM)
    optics.hold_unless_alone(signs, case)
    return signs.match(Role.DEGRADED, blames.BRANCH, Scope.INDIVIDUAL, optics.severity(case), decider="otdr")
