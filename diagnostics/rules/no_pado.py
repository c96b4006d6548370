"""The box asks for a PPP session and nothing comes back: the service VLAN or the collecte is cut for it."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import GLOBAL, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import box, platform, session
from domain.states import PppStatus
from domain.verdict import Scope, Severity

LAYER = Layer.SESSION
TESTS = GLOBAL
_SILENT = frozenset({"ERROR_ISP_TIME_OUT", "ERROR_NO_CARRIER"})
_SERVER = frozenset({"ERROR_SERVER_OUT_OF_RESOURCES", "ERROR_ISP_DISCONNECT", "ERROR_IP_CONFIGURATION"})


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a box that speaks on its management path, no session, no refusal, and its own word that nobody answers."""
    facts, readings = case.facts, case.readings
    error = (readings.value(box.BOX_PPP_LAST_ERROR) or "").strip().upper()
    offered = readings.value(box.BOX_PPP_STATUS) is PppStatus.AUTHENTICATING  # it got further than a PADI
    unanswered = readings.value(box.BOX_PADO_SEEN) is False or (error in _SILENT and not offered)
    if facts.session_alive is not False or not facts.box_active or facts.ppp_refused or facts.uni_up is False:
        return None
    if not unanswered and error not in _SERVER:
        return None
    signs = Signs(case, thresholds)
    common.last_inform(signs, case, "inform_fresh")
    signs.add("session_closed", session.SESSION_ACTIVE)
    if error:
        signs.add("ppp_error", box.BOX_PPP_LAST_ERROR, error=error)
    if readings.value(box.BOX_PADO_SEEN) is False:
        signs.add("no_offer", box.BOX_PADO_SEEN)
    scope, variant = _extent(signs, case)
    severity = Severity.MAJOR if scope is Scope.INDIVIDUAL else Severity.CRITICAL
    variant = variant if unanswered else "server"
    return signs.match(Role.FAULT, blames.INTERNET, scope, severity, decider="vlan", variant=variant)


def _extent(signs: Signs, case: Case) -> tuple[Scope, str]:
    """Who is cut off: this access, its PON port or the platform. Neighbours of whom nothing is known leave a doubt."""
    readings = case.readings
    if readings.value(platform.PLATFORM_LNS_OK):
        signs.add("lns_answers", platform.PLATFORM_LNS_OK)
    theirs = readings.value(platform.NEIGHBOUR_SESSIONS_OK)
    if theirs is False:
        signs.add("neighbours_have_none", platform.NEIGHBOUR_SESSIONS_OK)
        return (Scope.PLATFORM, "platform") if common.affected(signs, case) else (Scope.PON, "collective")
    if theirs:
        signs.add("neighbours_have", platform.NEIGHBOUR_SESSIONS_OK)
    else:
        signs.lack(signs.minor, "neighbour_sessions")
    return Scope.INDIVIDUAL, ""
