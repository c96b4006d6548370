"""The loss of the line drifts up, day after day: it will leave its class."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Prelocalisation, Scope, Severity

LAYER = Layer.OPTICS
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a robust slope over two weeks at least; a step is no drift, and a weak transmitter is not the line."""
    trends = case.trends
    drift = max(
        (d for d in (trends.loss_down, trends.loss_up) if d.drifts(thresholds) and d.slope > 0 and not d.is_step),
        key=lambda d: d.slope,
        default=None,
    )
    if not case.facts.ont_up or drift is None:
        return None
    signs = Signs(case, thresholds)
    signs.add("drift", ont.ONT_RX_DBM, slope=drift.slope, total=drift.total, days=drift.days)
    if trends.days_left is not None:
        signs.add("days_left", ont.ONT_RX_DBM, left=round(trends.days_left))
    if not trends.ont_tx.drifts(thresholds) and not trends.olt_tx.drifts(thresholds):
        signs.add("senders_still", ont.ONT_TX_DBM)
    place = blames.WATCHED.at(Prelocalisation.BRANCHEMENT_PBO)
    if trends.pbo_rx.drifts(thresholds) and trends.pbo_rx.slope < 0:
        whole = trends.pon_rx.drifts(thresholds) and trends.pon_rx.slope < 0
        if whole:
            place = blames.WATCHED.at(Prelocalisation.TRANSPORT_PON)
        scope, variant = (Scope.PON, "pon") if whole else (Scope.PBO, "pbo")
        return signs.match(Role.WARNING, place, scope, Severity.WARNING, variant=variant)
    return signs.match(Role.WARNING, place, Scope.INDIVIDUAL, Severity.WARNING, decider="otdr")
