"""Works are under way that cover the access: its outage is explained and nobody is sent."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.facts import password_refused
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import context
from domain.verdict import Scope, Severity

LAYER = Layer.WORKS
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs works under way and an ONT that is down for another reason than its mains."""
    facts, crowd = case.facts, case.crowd
    if not case.readings.value(context.PLANNED_WORKS) or not facts.ont_down or facts.dying_gasp:
        return None
    if False in (facts.light_lost, facts.unlocked, facts.provisioned) or password_refused(case.readings):
        return None  # works take the light, not the rights
    signs = Signs(case, thresholds)
    signs.add("works", context.PLANNED_WORKS)
    common.ont_is_down(signs, case)
    if False in (facts.card_up, facts.laser_on):
        return signs.match(Role.FAULT, blames.OLT, Scope.PON, Severity.CRITICAL)
    if crowd.pon.seems_fallen(thresholds.collective_share, thresholds.feeder_min_onts):
        return signs.match(Role.FAULT, blames.SHARED_FIBRE, Scope.PON, Severity.CRITICAL)
    if crowd.pbo.seems_fallen(1.0, thresholds.pbo_min_onts):
        return signs.match(Role.FAULT, blames.BRANCH, Scope.PBO, Severity.CRITICAL)
    signs.lack(thresholds.doubt_decisive, "works_scope")
    return signs.match(Role.FAULT, blames.LINE_SOMEWHERE, Scope.UNKNOWN, Severity.MAJOR)
