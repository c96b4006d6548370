"""This ONT alone lost its light, without a dying gasp: its drop is cut, or it died silently."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.correlation import Group
from diagnostics.logic import Tri
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import context
from domain.verdict import Scope, Severity

LAYER = Layer.DROP
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the loss of light of the subject. Neighbours that are up locate the cut; without them it is not located."""
    facts, crowd = case.facts, case.crowd
    if not facts.ont_down or not facts.light_lost or facts.dying_gasp or facts.ont_lit is False:
        return None
    if facts.laser_on is False:
        return None
    signs = Signs(case, thresholds)
    common.ont_is_down(signs, case)
    common.light_is_lost(signs, case)
    located: Tri = True if crowd.pbo.up else crowd.pon.any_up
    if located:
        common.neighbours_speak(signs, case)
        if not crowd.pbo.up and crowd.pbo.size:
            signs.lack(thresholds.doubt_missing, "pbo_technician")
    else:
        common.laser_sends(signs, case)
        signs.lack(thresholds.doubt_decisive, "neighbours" if located is None else "otdr")
    shared = crowd.pbo if crowd.pbo.size else crowd.pon
    if shared.dark:
        signs.object_to("others_dark", dark=shared.dark)
    if shared.drifting:
        signs.hold("neighbour_levels")  # what took its light may be taking theirs
    elif shared.dark or case.ancestry.shared or (located and not crowd.pbo.up and not _all_known(crowd.pon)):
        signs.hold("neighbours")  # it may not be alone
    if facts.ont_lit:
        signs.add("ont_lit", context.LEDS)
    decider = None if facts.ont_lit else "ont_leds"
    if located:
        return signs.match(Role.FAULT, blames.BRANCH, Scope.INDIVIDUAL, Severity.MAJOR, decider=decider)
    alone = located is False and not crowd.pon.dark
    scope = Scope.INDIVIDUAL if alone else Scope.UNKNOWN
    variant = "alone" if alone else "not_located"
    return signs.match(Role.FAULT, blames.LINE_SOMEWHERE, scope, Severity.MAJOR, decider=decider, variant=variant)


def _all_known(pon: Group) -> bool:
    return pon.complete and not pon.unknown
