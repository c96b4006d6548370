"""The ONT configured here is heard on another PON port: fibres were crossed at the PM."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.PROVISIONING
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the ONT absent from its port and its own serial number discovered on another."""
    elsewhere = case.readings.value(ont.ONT_ELSEWHERE)
    if elsewhere is None or case.facts.access_up or not case.facts.ont_down:
        return None
    signs = Signs(case, thresholds)
    signs.add("elsewhere", ont.ONT_ELSEWHERE, pon=elsewhere)
    common.ont_is_down(signs, case)
    return signs.match(Role.FAULT, blames.SHARED_FIBRE, Scope.INDIVIDUAL, Severity.MAJOR, pon=elsewhere)
