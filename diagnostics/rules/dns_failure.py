"""The session works by address, and names are not resolved."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import GLOBAL, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import box, platform, session
from domain.verdict import Prelocalisation, Scope, Severity

LAYER = Layer.SERVICE
TESTS = GLOBAL


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a live session, names that are not resolved, and addresses that answer or were not tried."""
    readings = case.readings
    reached, resolved = readings.value(box.BOX_PING_OK), readings.value(box.BOX_DNS_OK)
    working = readings.value(platform.PLATFORM_DNS_OK)
    untried = resolved is None and working is False and not readings.value(box.BOX_DNS_CUSTOM)
    if not case.facts.session_alive or not (resolved is False or untried) or reached is False:
        return None
    signs = Signs(case, thresholds)
    signs.add("session_alive", session.SESSION_ACTIVE)
    if resolved is False:
        signs.add("names_fail", box.BOX_DNS_OK)
    signs.expect(reached, ("addresses_answer", "addresses_answer"), box.BOX_PING_OK, decider="ping")
    if working is not True and (common.affected(signs, case) or working is False):
        signs.add("resolvers_down", platform.PLATFORM_DNS_OK, platform.PLATFORM_AFFECTED)
        return signs.match(Role.FAULT, blames.DNS, Scope.PLATFORM, Severity.CRITICAL, variant="platform")
    if readings.value(box.BOX_DNS_CUSTOM) or working:
        signs.add("own_resolvers", box.BOX_DNS_SERVERS, box.BOX_DNS_CUSTOM)
        home = blames.DNS.at(Prelocalisation.DESSERTE_INTERNE_BOX)
        return signs.match(Role.FAULT, home, Scope.INDIVIDUAL, Severity.MAJOR, variant="custom")
    return signs.match(Role.FAULT, blames.DNS, Scope.INDIVIDUAL, Severity.MAJOR, decider="resolvers")
