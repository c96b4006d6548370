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
    weak = fallen or (budget.ont_sent_ok is False and (fall is not None or _surely_low(case, thresholds)))
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


def _surely_low(case: Case, thresholds: Thresholds) -> bool:
    """Whether a level below the class, without a reference, is more than the error of the module that reads it."""
    limits, level = thresholds.limits(case.snapshot.optical_class), case.readings.value(ont.ONT_TX_DBM)
    missing = 0.0 if limits.ont_tx_dbm is None or level is None else limits.ont_tx_dbm[0] - level
    heard = case.budget.olt_rx_margin_db
    return missing >= thresholds.tx_fall_db or (heard is not None and heard < 0)
