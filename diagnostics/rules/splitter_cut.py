"""A branch above several PBOs is cut: all the ONTs behind one splitter are dark, the rest of the PON is up."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.correlation import Crowd
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.incident import Ancestor
from domain.verdict import Severity

LAYER = Layer.SPLITTER
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs several PBOs dark at once and the rest of the PON up; records that name their splitter make it sure."""
    facts, crowd, pbo = case.facts, case.crowd, case.snapshot.outside.pbo
    if facts.ont_down is not True or facts.dying_gasp or False in (facts.laser_on, facts.card_up):
        return None
    share, minimum = thresholds.collective_share, thresholds.feeder_min_onts
    several = len(crowd.splitter.pbos | ({pbo} if pbo is not None else set())) > 1
    street = case.ancestry.certain is Ancestor.STREET
    recorded = (
        not street and several and crowd.beyond_splitter.any_up is True and crowd.splitter.seems_fallen(share, minimum)
    )
    group = crowd.splitter if recorded else crowd.pon
    if not (recorded or street or _seems_splitter(crowd, minimum)) or crowd.gasps_together > group.dark:
        return None
    if not street and Ancestor.SPLITTER in case.ancestry.beaten:
        return None
    signs = Signs(case, thresholds)
    common.ont_is_down(signs, case)
    common.light_is_lost(signs, case)
    if recorded:
        common.fell_together(signs, group, share, minimum)
        signs.add("beyond_up", up=crowd.beyond_splitter.up)
    else:
        signs.add("fell_together", dark=group.dark + 1, up=group.up)
        signs.add("same_instant")
        signs.lack(signs.minor, "plant_records")
    ancestor, variant = (Ancestor.STREET, "street") if street else (Ancestor.SPLITTER, "")
    common.weigh(signs, case, ancestor, thresholds.doubt_two_hypotheses)
    dark = group.dark + 1
    return signs.match(Role.FAULT, blames.SHARED_FIBRE, ancestor.scope, Severity.CRITICAL, variant=variant, dark=dark)


def _seems_splitter(crowd: Crowd, minimum: int) -> bool:
    """Without records of splitters: the PBO is dark with others, at one instant, and the rest of the PON is up."""
    pon, pbo, beyond = crowd.pon, crowd.pbo, crowd.beyond_pbo
    dated = pon.dated + 1 >= minimum and pon.dated == pon.dark
    more = beyond.dark > 1 and not pbo.up if pbo.size else pon.dark > 1
    return dated and more and pon.up > 0
