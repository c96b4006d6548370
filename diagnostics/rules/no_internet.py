"""The session is open and nothing answers beyond the platform."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import GLOBAL, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import box, platform, session
from domain.verdict import Scope, Severity

LAYER = Layer.SERVICE
TESTS = GLOBAL


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a live session, and a ping beyond the platform that fails."""
    readings = case.readings
    if not case.facts.session_alive or readings.value(box.BOX_PING_OK) is not False:
        return None
    signs = Signs(case, thresholds)
    signs.add("session_alive", session.SESSION_ACTIVE)
    signs.add("ping_lost", box.BOX_PING_OK)
    beyond, lns = readings.value(platform.PLATFORM_INTERNET_OK), readings.value(platform.PLATFORM_LNS_OK)
    affected = common.affected(signs, case)
    if affected or False in (beyond, lns):
        signs.add("platform_cut", platform.PLATFORM_INTERNET_OK, platform.PLATFORM_AFFECTED)
        if lns is False:
            signs.add("lns_silent", platform.PLATFORM_LNS_OK)
        return signs.match(Role.FAULT, blames.INTERNET, Scope.PLATFORM, Severity.CRITICAL, variant="platform")
    if beyond and lns:
        signs.add("platform_works", platform.PLATFORM_INTERNET_OK, platform.PLATFORM_LNS_OK)
    return signs.match(Role.FAULT, blames.INTERNET, Scope.INDIVIDUAL, Severity.MAJOR, decider="others_ping")
