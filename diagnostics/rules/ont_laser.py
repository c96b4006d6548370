"""The laser of the ONT is worn: it sends too little, or needs far more current than before."""

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
    """Needs the level it sends, or its current, out of what they should be, while the line loses no more upstream."""
    budget = case.budget
    fall, ratio = budget.ont_tx_fall_db, budget.ont_bias_ratio
    fallen = fall is not None and fall >= thresholds.tx_fall_db
    weak = budget.ont_sent_ok is False or fallen
    ageing = ratio is not None and ratio >= thresholds.bias_warning_ratio
    level = case.readings.value(ont.ONT_TX_DBM)
    if not case.facts.ont_up or not (weak or ageing):
        return None
    signs = Signs(case, thresholds)
    if weak and level is not None:
        signs.add("ont_tx_weak", ont.ONT_TX_DBM, level=level)
    hot = None if ratio is None else ratio >= thresholds.bias_warning_ratio
    signs.expect(
        hot, ("bias_high", "bias_usual"), ont.ONT_BIAS_MA, doubt=signs.minor, decider="bias", ratio=ratio or 0.0
    )
    rise = budget.rise_up_db
    same = None if rise is None else rise < thresholds.loss_warning_db
    signs.expect(same, ("up_same", "up_worse"), ont.OLT_RX_DBM, doubt=signs.minor)
    if weak:
        return signs.match(Role.DEGRADED, blames.ONT, Scope.INDIVIDUAL, optics.severity(case))
    place = blames.WATCHED.at(Prelocalisation.ONT)
    return signs.match(Role.WARNING, place, Scope.INDIVIDUAL, Severity.WARNING, variant="ageing")
