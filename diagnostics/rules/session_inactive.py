"""The access works up to the box, and no session runs over it: the box is hung, off on its software side, or idle."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import GLOBAL, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import box, ont, platform
from domain.states import Reach
from domain.verdict import Scope, Severity

LAYER = Layer.SERVICE
TESTS = GLOBAL
_DUMB: frozenset[Reach | None] = frozenset({Reach.SILENT, Reach.REFUSED})


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the access up, and the box silent or its session closed. A live session denies it."""
    facts = case.facts
    if not facts.access_up or facts.session_alive or False not in (facts.box_active, facts.session_alive):
        return None
    signs = Signs(case, thresholds)
    common.ont_works(signs, case)
    signs.expect(facts.uni_up, ("uni_up", "uni_down"), ont.UNI_OPER, doubt=signs.decisive, decider="uni")
    common.session_state(signs, case)
    if facts.session_alive is False:
        signs.add("session_closed")
    else:
        signs.lack(thresholds.doubt_missing, "session")
    if facts.box_active:
        common.last_inform(signs, case, "inform_fresh")
        dumb = case.readings.value(box.BOX_REACH) in _DUMB
        signs.lack(thresholds.doubt_missing if dumb else thresholds.doubt_decisive, "last_ppp_error")
    elif facts.box_active is False:
        common.last_inform(signs, case, "inform_old")
    else:
        signs.lack(thresholds.doubt_missing, "box_leds")
    if case.readings[box.BOX_REACH].known and case.readings.value(box.BOX_REACH) is not Reach.ANSWERED:
        signs.add("box_no_answer", box.BOX_REACH)
    lns = case.readings.value(platform.PLATFORM_LNS_OK)
    if lns is False:
        signs.object_to("lns_silent", platform.PLATFORM_LNS_OK)
    elif lns:
        signs.add("lns_answers", platform.PLATFORM_LNS_OK)
    return signs.match(
        Role.FAULT,
        blames.NO_SESSION,
        Scope.INDIVIDUAL,
        Severity.MAJOR,
        variant="" if facts.box_active is False else "session_only",
    )
