"""The receiver of the PON port is failing: it receives less of all its ONTs, which send as before."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.PORT
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the OLT to receive less of the subject and of its neighbours, and nothing wrong downstream.

    Where the neighbours' levels are not known, it needs the subject's to fall upstream alone: no fibre does that.
    """
    budget, pon = case.budget, case.crowd.pon
    around = optics.drifted_up(pon, thresholds)
    if not case.facts.ont_up or around is False or optics.drifted(pon, thresholds):
        return None
    if not around and not optics.loses_up_alone(case, thresholds):
        return None
    if (budget.rise_down_db or 0.0) >= thresholds.loss_warning_db:
        return None
    signs = Signs(case, thresholds)
    if pon.olt_rx_delta_db is None:
        signs.lack(thresholds.doubt_two_hypotheses, "neighbour_levels")
    else:
        signs.add("all_received_less", drop=-pon.olt_rx_delta_db)
    rise = budget.rise_up_db
    own = None if rise is None else rise >= thresholds.shared_drift_db
    signs.expect(own, ("rise_up", "up_same"), ont.OLT_RX_DBM, rise=rise or 0.0)
    signs.expect(budget.ont_sent_ok, ("ont_tx_ok", "ont_tx_low"), ont.ONT_TX_DBM, doubt=signs.minor)
    return signs.match(
        Role.DEGRADED, blames.OLT_WEAK, Scope.PON, Severity.MAJOR, decider="swap", variant="" if around else "alone"
    )
