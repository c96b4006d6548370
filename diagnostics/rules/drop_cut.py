"""This ONT alone lost its light, without a dying gasp: its drop is cut, or it died silently."""

from __future__ import annotations

from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.logic import Tri
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.verdict import Defect, Family, Owner, Prelocalisation, Scope, Severity

LAYER = Layer.DROP
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the loss of light of the subject. Neighbours that are up locate the cut; without them it is not located."""
    facts, crowd = case.facts, case.crowd
    if not facts.ont_down or not facts.light_lost or facts.dying_gasp or facts.laser_on is False:
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
    return Match(
        Role.FAULT,
        Family.LIGNE,
        Prelocalisation.BRANCHEMENT_PBO if located else Prelocalisation.INDETERMINEE,
        Scope.INDIVIDUAL if located else Scope.UNKNOWN,
        Severity.MAJOR,
        Owner.INFRASTRUCTURE,
        Defect.LINE,
        signs.certainty,
        tuple(signs.present),
        tuple(signs.against),
        signs.decider or "ont_leds",
        variant="" if located else "not_located",
    )
