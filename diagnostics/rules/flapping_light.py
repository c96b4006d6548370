"""The ONT loses its light again and again: an optical contact that comes and goes."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.OPTICS
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs repeated falls, most of them losses of light, or unexplained on a line that loses too much."""
    flaps = case.trends.flaps
    if not flaps.unstable or not case.facts.access_up or optics.noisy_around(case, thresholds):
        return None
    bad_line = case.budget.too_low or case.budget.loss_explained(thresholds) is False
    unexplained = not flaps.light and not flaps.power and bad_line
    if not unexplained and flaps.light <= flaps.power:
        return None
    signs = Signs(case, thresholds)
    signs.add("flaps", ont.ONT_FLAPS_24H, day=flaps.day, week=flaps.week)
    if flaps.light:
        signs.add("flaps_light", ont.ONT_CAUSES_24H, ont.ONT_DOWN_CAUSE)
    else:
        signs.lack(thresholds.doubt_missing, "causes")
    if flaps.power:
        signs.object_to("flaps_power_too", power=flaps.power)
    if bad_line:
        signs.add("line_loses")
    return signs.match(Role.DEGRADED, blames.BRANCH, Scope.INDIVIDUAL, Severity.MAJOR, decider="otdr", day=flaps.day)
