"""The shared fibre is cut: every ONT of the PON lost its light at once, under a healthy laser."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.incident import Ancestor
from domain.verdict import Scope, Severity

LAYER = Layer.FEEDER
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the subject dark without dying gasp, and the neighbours of the PON that were online dark with it."""
    facts, pon = case.facts, case.crowd.pon
    if facts.ont_down is not True or facts.dying_gasp or False in (facts.laser_on, facts.card_up):
        return None
    share, minimum = thresholds.collective_share, thresholds.feeder_min_onts
    whole = pon.seems_fallen(share, minimum)
    mostly = case.ancestry.certain is Ancestor.PON and pon.seems_fallen(thresholds.collective_most, minimum)
    if not (whole or mostly) or Ancestor.PON in case.ancestry.beaten or case.crowd.gasps_together > pon.dark:
        return None
    one_pbo = pon.pbos == {case.snapshot.outside.pbo}
    if one_pbo and case.crowd.beyond_pbo.any_up is None:
        return None  # nothing known beyond the PBO: a cut there is enough to explain it
    signs = Signs(case, thresholds)
    common.ont_is_down(signs, case)
    common.light_is_lost(signs, case)
    common.fell_together(signs, pon, share if whole else thresholds.collective_most, minimum)
    if not whole:
        signs.object_to("pon_up", up=pon.up)
    common.laser_sends(signs, case)
    common.card_works(signs, case)
    if one_pbo:
        signs.lack(thresholds.doubt_two_hypotheses, "feeder_or_pbo")
    if case.crowd.card_ports_down >= thresholds.card_min_ports:
        signs.object_to("card_ports_down", ports=case.crowd.card_ports_down)
        signs.lack(1.0, "card")
    elif not one_pbo:
        common.weigh(signs, case, Ancestor.PON, thresholds.doubt_two_hypotheses)
    return signs.match(Role.FAULT, blames.SHARED_FIBRE, Scope.PON, Severity.CRITICAL, dark=pon.dark + 1)
