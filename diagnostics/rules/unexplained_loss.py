"""No reference is known, and the line loses more than its length and its splitters explain."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Prelocalisation, Scope, Severity

LAYER = Layer.OPTICS
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs no reference of the access; a fault far beyond the accuracy of both ends, else a warning."""
    budget, excess = case.budget, case.budget.worst_excess_db
    if not case.facts.ont_up or budget.worst_rise_db is not None or excess is None:
        return None
    weak = False in (budget.olt_sent_ok, budget.ont_sent_ok)
    if excess < thresholds.excess_warning_db or weak or optics.shared(case, thresholds):
        return None
    signs = Signs(case, thresholds)
    signs.add("excess", ont.ONT_RX_DBM, ont.OLT_RX_DBM, excess=excess)
    signs.lack(thresholds.doubt_missing, "reference")
    both = None not in (budget.excess_down_db, budget.excess_up_db)
    if not both:
        signs.lack(thresholds.doubt_missing, "levels")
    if excess >= thresholds.excess_fault_db:
        optics.hold_unless_alone(signs, case)
        return signs.match(
            Role.DEGRADED, blames.BRANCH, Scope.INDIVIDUAL, optics.severity(case), decider="otdr", excess=excess
        )
    place = blames.WATCHED.at(Prelocalisation.BRANCHEMENT_PBO)
    return signs.match(Role.WARNING, place, Scope.INDIVIDUAL, Severity.WARNING, variant="watched", excess=excess)
