"""A flow fails and nothing is wrong: port 25 is closed by policy, or the remote server refuses."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import GLOBAL, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import platform
from domain.states import Flow, Policy
from domain.verdict import Scope, Severity

LAYER = Layer.SERVICE
TESTS = GLOBAL


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs port 25 closed and no mail trouble, or an answer of the remote server."""
    readings = case.readings
    flows = readings.value(platform.FLOWS) or {}
    if not case.facts.session_alive:
        return None
    remote = Flow.REFUSED in flows.values()
    closed = flows.get("tcp_25") in (Flow.BLOCKED, Flow.FAILED) and readings.value(platform.PORT_25) is not Policy.OPEN
    if not remote and not closed:
        return None
    signs = Signs(case, thresholds)
    signs.add("remote_refuses" if remote else "port_closed", platform.FLOWS, platform.PORT_25)
    variant = "remote" if remote else ""
    return signs.match(Role.WARNING, blames.NOTHING, Scope.INDIVIDUAL, Severity.NONE, variant=variant)
