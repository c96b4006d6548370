"""The same loss was added at both wavelengths, on this access alone: a connector, most likely."""

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
    """Needs a greater loss than at the reference, alike both ways; without errors it is a warning."""
    budget, rise = case.budget, case.budget.worst_rise_db
    if not case.facts.ont_up or rise is None or rise < thresholds.loss_warning_db or optics.shared(case, thresholds):
        return None
    down, up = budget.rise_down_db, budget.rise_up_db
    if down is not None and up is not None and down - up >= thresholds.bend_db:
        return None
    if optics.loses_up_alone(case, thresholds) and case.crowd.pon.olt_rx_delta_db is None:
        return None  # the receiver of the port, until its other ONTs say no
    signs = Signs(case, thresholds)
    if down is not None:
        signs.add("rise_down", ont.ONT_RX_DBM, rise=down)
    if up is not None:
        signs.add("rise_up", ont.OLT_RX_DBM, rise=up)
    alike = None if down is None or up is None else abs(down - up) <= thresholds.loss_alike_db
    signs.expect(alike, ("same_both_ways", "not_same"), decider="levels")
    if case.errors.rising:
        signs.add("errors_rise", ont.ONT_ERRORS_UP, ont.ONT_ERRORS_DOWN)
    if optics.felt(case, rise, thresholds):
        optics.hold_unless_alone(signs, case)
        return signs.match(
            Role.DEGRADED, blames.BRANCH, Scope.INDIVIDUAL, optics.severity(case), decider="otdr", rise=rise
        )
    place = blames.WATCHED.at(Prelocalisation.BRANCHEMENT_PBO)
    return signs.match(
        Role.WARNING, place, Scope.INDIVIDUAL, Severity.WARNING, decider="otdr", variant="watched", rise=rise
    )
