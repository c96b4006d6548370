"""Too much light arrives: the path lacks a splitter or an attenuator."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.logic import Tri
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.OPTICS
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a level above the overload of its class, and a loss below what the class asks for."""
    budget = case.budget
    if not case.facts.ont_up or not budget.too_strong:
        return None
    least = thresholds.limits(case.snapshot.optical_class).path_loss_db[0]
    losses = [loss for loss in (budget.down_db, budget.up_db) if loss is not None]
    short: Tri = any(loss < least for loss in losses) if losses else None
    signs = Signs(case, thresholds)
    level = max(v for m in (ont.ONT_RX_DBM, ont.OLT_RX_DBM) if (v := case.readings.value(m)) is not None)
    signs.add("too_strong", ont.ONT_RX_DBM, ont.OLT_RX_DBM, level=level)
    signs.expect(short, ("loss_short", "loss_usual"), decider="levels")
    severity = Severity.MAJOR if case.errors.high else Severity.MINOR
    return signs.match(Role.DEGRADED, blames.SHARED_FIBRE, Scope.INDIVIDUAL, severity, decider="pm_patching")
