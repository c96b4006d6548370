"""The loss of the line stepped up on one day, and stayed."""

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
    """Needs a change point that explains the series better than a slope, upwards."""
    trends = case.trends
    drift = trends.loss_down if trends.loss_down.steps(thresholds) else trends.loss_up
    at = drift.stepped_at
    if not case.facts.ont_up or at is None or not drift.steps(thresholds) or drift.step < 0:
        return None
    signs = Signs(case, thresholds)
    signs.add("step", ont.ONT_RX_DBM, ont.OLT_RX_DBM, step=drift.step, stepped=at)
    felt = optics.felt(case, drift.step, thresholds)
    if felt:
        return signs.match(
            Role.DEGRADED, blames.BRANCH, Scope.INDIVIDUAL, optics.severity(case), decider="otdr", step=drift.step
        )
    place = blames.WATCHED.at(Prelocalisation.BRANCHEMENT_PBO)
    return signs.match(
        Role.WARNING, place, Scope.INDIVIDUAL, Severity.WARNING, decider="otdr", variant="watched", step=drift.step
    )
