"""A transmitter sends less and less, day after day: the laser of the ONT, or that of the port."""

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
    """Needs a robust slope of the level sent, downwards, over two weeks at least."""
    trends = case.trends
    olt_falls = trends.olt_tx.drifts(thresholds) and trends.olt_tx.slope < 0
    ont_falls = trends.ont_tx.drifts(thresholds) and trends.ont_tx.slope < 0
    if not case.facts.ont_up or not (olt_falls or ont_falls):
        return None
    drift = trends.olt_tx if olt_falls else trends.ont_tx
    signs = Signs(case, thresholds)
    signs.add("sends_less", ont.ONT_TX_DBM, slope=-drift.slope, total=-drift.total, days=drift.days)
    if olt_falls:
        place = blames.WATCHED.at(Prelocalisation.RESEAU_OLT)
        return signs.match(Role.WARNING, place, Scope.PON, Severity.WARNING, variant="olt")
    rising = trends.ont_bias.slope > 0 if trends.ont_bias.days else None
    signs.expect(rising, ("bias_rises", "bias_still"), ont.ONT_BIAS_MA, doubt=signs.minor)
    place = blames.WATCHED.at(Prelocalisation.ONT)
    return signs.match(Role.WARNING, place, Scope.INDIVIDUAL, Severity.WARNING)
