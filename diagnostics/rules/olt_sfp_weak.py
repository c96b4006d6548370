"""The transmitter of the PON port is failing: all its ONTs receive less, and the line loses no more."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import olt, ont, reference
from domain.verdict import Scope, Severity

LAYER = Layer.PORT
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the port known to send too little, or its current known to be too high while its ONTs receive less."""
    budget, pon = case.budget, case.crowd.pon
    around = optics.drifted(pon, thresholds)
    hot = budget.olt_bias_ratio is not None and budget.olt_bias_ratio >= thresholds.bias_fault_ratio
    rise = budget.rise_up_db
    one_way = rise is not None and rise < thresholds.shared_drift_db / 2
    weak = budget.olt_sent_ok is False and (around is True or _borne_out(case, thresholds))
    if optics.receives_as_ever(case, thresholds) and not hot and not weak:
        return None  # a neighbour's trouble
    if not case.facts.ont_up or around is False or not (weak or (around and (hot or one_way))):
        return None
    signs = Signs(case, thresholds)
    if not weak and not hot:
        signs.lack(thresholds.doubt_two_hypotheses, "olt_bias")
    level = case.readings.value(olt.PON_TX_DBM)
    if level is not None and budget.olt_sent_ok is False:
        signs.add("olt_tx_low", olt.PON_TX_DBM, level=level)
    if hot and budget.olt_bias_ratio is not None:
        signs.add("olt_bias_high", olt.PON_BIAS_MA, ratio=budget.olt_bias_ratio)
    if around and pon.rx_delta_db is not None:
        signs.add("all_receive_less", drop=-pon.rx_delta_db)
    else:
        signs.lack(thresholds.doubt_missing, "neighbour_levels")
    signs.expect(
        None if rise is None else rise < thresholds.loss_warning_db, ("up_same", "up_worse"), doubt=signs.minor
    )
    return signs.match(Role.DEGRADED, blames.OLT_WEAK, Scope.PON, Severity.MAJOR)


def _borne_out(case: Case, thresholds: Thresholds) -> bool:
    """Whether a level sent below its class is more than the error of the module that reads it."""
    level = case.readings.value(olt.PON_TX_DBM)
    least = thresholds.limits(case.snapshot.optical_class).olt_tx_dbm[0]
    surely = level is not None and least - level >= thresholds.tx_fall_db
    before = case.readings[reference.REFERENCE_OLT_TX_DBM].known
    felt = case.readings[reference.REFERENCE_ONT_RX_DBM].known and case.readings[ont.ONT_RX_DBM].known
    short = felt and not optics.receives_as_ever(case, thresholds)
    return surely or before or short or True in (case.budget.too_low, case.errors.high)
