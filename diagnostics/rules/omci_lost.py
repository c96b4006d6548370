"""The ONT ranges but its management channel (OMCI) fails: it cannot be configured."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.OMCI
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs that channel known to fail, on an ONT that is not without light or power."""
    facts = case.facts
    if not facts.omci_lost or facts.light_lost or facts.dying_gasp or facts.session_alive:
        return None
    signs = Signs(case, thresholds)
    signs.add("omci_fails", ont.ONT_OMCI_OK, ont.ONT_ALARMS, ont.ONT_REGISTRATION)
    if facts.ont_up:
        signs.add("ont_up", ont.ONT_OPER)
    return signs.match(Role.FAULT, blames.ONT, Scope.INDIVIDUAL, Severity.MAJOR, decider="reboot")
