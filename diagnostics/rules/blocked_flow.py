"""One flow is blocked through a session that works."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import GLOBAL, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import box, context, platform
from domain.states import Flow, Policy
from domain.verdict import Scope, Severity

LAYER = Layer.SERVICE
TESTS = GLOBAL
_MAIL = ("mail", "smtp", "messagerie", "courriel")


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a flow that fails while the session lives; port 25 counts only when open or missed by the customer."""
    readings = case.readings
    flows = readings.value(platform.FLOWS) or {}
    if not case.facts.session_alive or False in (readings.value(box.BOX_PING_OK), readings.value(box.BOX_DNS_OK)):
        return None
    stopped = [name for name, result in flows.items() if result in (Flow.BLOCKED, Flow.FAILED)]
    said = (readings.value(context.SYMPTOM) or "").lower()
    mail = any(word in said for word in _MAIL) or "25" in said
    opened = readings.value(platform.PORT_25) is Policy.OPEN
    wrong = [name for name in stopped if not name.endswith("_25") or mail or opened]
    if not wrong:
        return None
    signs = Signs(case, thresholds)
    ports = ", ".join(sorted(name.replace("_", " ").upper() for name in wrong))
    signs.add("flow_stopped", platform.FLOWS, ports=ports)
    if not any(flows[name] is Flow.BLOCKED for name in wrong):
        signs.lack(thresholds.doubt_missing, "flow_trace")
    if any(result is Flow.OK for result in flows.values()):
        signs.add("others_pass", platform.FLOWS)
    by_policy = all(name.endswith("_25") for name in wrong) and not opened
    return signs.match(
        Role.FAULT,
        blames.FLOW,
        Scope.INDIVIDUAL,
        Severity.MINOR,
        variant="port_policy" if by_policy else "",
        ports=ports,
    )
