"""The line loses too much light: a level received is below the sensitivity of its class, though enough was sent."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.logic import Tri
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.OPTICS
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the ONT on line and one level received below its class; a weak transmitter is not the line's fault."""
    budget = case.budget
    if not case.facts.ont_up or not budget.too_low or budget.olt_sent_ok is False or budget.ont_sent_ok is False:
        return None
    if optics.shared(case, thresholds):
        return None
    signs = Signs(case, thresholds)
    _end(signs, budget.ont_rx_margin_db, case.readings.value(ont.ONT_RX_DBM), "ont_rx", thresholds)
    _end(signs, budget.olt_rx_margin_db, case.readings.value(ont.OLT_RX_DBM), "olt_rx", thresholds)
    over: Tri = None if budget.loss_margin_db is None else budget.loss_margin_db < 0
    signs.expect(over, ("loss_over", "loss_within"), doubt=thresholds.doubt_missing, decider="levels")
    optics.hold_unless_alone(signs, case)
    return signs.match(Role.DEGRADED, blames.BRANCH, Scope.INDIVIDUAL, Severity.MAJOR)


def _end(signs: Signs, margin: float | None, level: float | None, end: str, thresholds: Thresholds) -> None:
    """One end of the line: below its sensitivity, above it, or not measured."""
    if margin is None or level is None:
        signs.lack(thresholds.doubt_missing, "levels")
    elif margin < 0:
        signs.add(f"{end}_low", ont.ONT_RX_DBM if end == "ont_rx" else ont.OLT_RX_DBM, level=level, margin=-margin)
    else:
        signs.add(f"{end}_enough", ont.ONT_RX_DBM if end == "ont_rx" else ont.OLT_RX_DBM, level=level)
        signs.lack(thresholds.doubt_missing)
