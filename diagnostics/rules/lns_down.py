"""The LNS, or the collecte before it, is not reached: nobody can open a session, whatever the box does."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import BOX, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import box, platform, session
from domain.states import PppStatus
from domain.verdict import Scope, Severity

LAYER = Layer.PLATFORM
TESTS = BOX


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the probes' word on the LNS, and no session; an answer of RADIUS, or a silent box, denies it."""
    facts, readings = case.facts, case.readings
    if readings.value(platform.PLATFORM_LNS_OK) is not False or facts.session_alive is not False:
        return None
    offered = readings.value(box.BOX_PPP_STATUS) is PppStatus.AUTHENTICATING  # the LNS itself offered it a session
    if facts.ont_down or facts.uni_up is False or facts.ppp_refused or facts.box_active is False or offered:
        return None
    signs = Signs(case, thresholds)
    signs.add("lns_silent", platform.PLATFORM_LNS_OK)
    signs.add("session_closed", session.SESSION_ACTIVE)
    common.no_neighbour_in_session(signs, case)
    if not common.affected(signs, case):
        signs.lack(thresholds.doubt_minor)
    return signs.match(Role.FAULT, blames.INTERNET, Scope.PLATFORM, Severity.CRITICAL)
