"""The loss grew more at the longer wavelength: the fibre is bent or squeezed somewhere."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import olt, ont
from domain.verdict import Prelocalisation, Scope, Severity

LAYER = Layer.OPTICS
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a rise downstream that exceeds the rise upstream by what two readings may not differ."""
    down, up = case.budget.rise_down_db, case.budget.rise_up_db
    if not case.facts.ont_up or down is None or up is None or optics.shared(case, thresholds):
        return None
    if down < thresholds.loss_warning_db or down - up < thresholds.bend_db:
        return None
    signs = Signs(case, thresholds)
    signs.add("rise_down", ont.ONT_RX_DBM, rise=down)
    signs.add("rise_up_less", ont.OLT_RX_DBM, rise=up)
    sent = case.readings.value(olt.PON_TX_DBM)
    if sent is not None and case.budget.olt_sent_ok:
        signs.add("olt_tx_ok", olt.PON_TX_DBM, level=sent)
    if down >= thresholds.excess_warning_db or optics.felt(case, down, thresholds):
        optics.hold_unless_alone(signs, case)
        return signs.match(
            Role.DEGRADED, blames.BRANCH, Scope.INDIVIDUAL, optics.severity(case), decider="otdr", rise=down
        )
    place = blames.WATCHED.at(Prelocalisation.BRANCHEMENT_PBO)
    return signs.match(
        Role.WARNING, place, Scope.INDIVIDUAL, Severity.WARNING, decider="otdr", variant="watched", rise=down
    )
