"""No RADIUS server answers: nobody can open a session, whatever the identifiers."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import BOX, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import box, platform, session
from domain.states import AuthResult, PppStatus
from domain.verdict import Scope, Severity

LAYER = Layer.PLATFORM
TESTS = BOX
_SILENT = "ERROR_ISP_TIME_OUT"


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs requests that time out, a box left without an answer, or the platform's word; a live session denies it."""
    facts, readings = case.facts, case.readings
    told = readings.value(platform.PLATFORM_RADIUS_OK) is False
    asked = readings.value(session.AUTH_AT)
    late = readings.value(session.AUTH_RESULT) is AuthResult.TIMEOUT and asked is not None
    error = (readings.value(box.BOX_PPP_LAST_ERROR) or "").strip().upper()
    calling = facts.session_alive is False and readings.value(box.BOX_PPP_STATUS) is PppStatus.AUTHENTICATING
    stuck = calling and error == _SILENT and not facts.ppp_refused
    if facts.session_alive or facts.ont_down or facts.uni_up is False or not (told or late or stuck):
        return None
    signs = Signs(case, thresholds)
    if late and asked is not None:
        signs.add("radius_silent", session.AUTH_RESULT, asked=asked)
    if told:
        signs.add("radius_down", platform.PLATFORM_RADIUS_OK)
    if stuck:
        signs.add("no_answer", box.BOX_PPP_STATUS, box.BOX_PPP_LAST_ERROR)
    share = readings.value(platform.RADIUS_TIMEOUT_PERCENT)
    many = share is not None and share >= thresholds.radius_silent_percent
    if many and share is not None:
        signs.add("requests_lost", platform.RADIUS_TIMEOUT_PERCENT, share=round(share))
    if not common.affected(signs, case) and not told and not many:
        signs.lack(thresholds.doubt_missing, "platform_state")
    return signs.match(Role.FAULT, blames.RADIUS, Scope.PLATFORM, Severity.CRITICAL)
