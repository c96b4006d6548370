"""The loss of the line moves with the hours of the day, the heat or the rain."""

from __future__ import annotations

import math

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Prelocalisation, Scope, Severity

LAYER = Layer.OPTICS
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a daily cycle seen on several days, or a loss that rises with rain."""
    trends = case.trends
    swing = max((s for s in (trends.swing_down_db, trends.swing_up_db) if not math.isnan(s)), default=0.0)
    daily = swing >= thresholds.cycle_db
    wet = trends.with_rain >= thresholds.cycle_correlation and trends.range_db >= thresholds.cycle_db
    if not case.facts.ont_up or not (daily or wet):
        return None
    signs = Signs(case, thresholds)
    warm = abs(trends.with_heat) >= thresholds.cycle_correlation
    if wet:
        signs.add("with_rain", range=trends.range_db)
    else:
        signs.add("daily", ont.ONT_RX_DBM, swing=swing)
    if warm and not wet:
        signs.add("with_heat")
    bends = trends.swing_down_db - trends.swing_up_db >= thresholds.cycle_db / 2
    if bends and not wet:
        signs.add("more_downstream")
    variant = "rain" if wet else "heat" if warm or bends else ""
    strong = max(swing, trends.range_db if wet else 0.0) >= thresholds.loss_warning_db or case.errors.rising
    if strong:
        return signs.match(
            Role.DEGRADED, blames.BRANCH, Scope.INDIVIDUAL, Severity.MINOR, decider="otdr", variant=variant
        )
    place = blames.WATCHED.at(Prelocalisation.BRANCHEMENT_PBO)
    return signs.match(Role.WARNING, place, Scope.INDIVIDUAL, Severity.WARNING, decider="otdr", variant=variant)
