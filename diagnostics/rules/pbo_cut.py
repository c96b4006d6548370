"""The fibre of one PBO is cut: its ONTs are dark at once, the rest of the PON is up."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.incident import Ancestor
from domain.verdict import Scope, Severity

LAYER = Layer.BRANCH
TESTS = NETWORK
_ALL = 1.0


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the ONTs of the PBO that were online to be dark with the subject: all, or so many that one record lies."""
    facts, group, rest = case.facts, case.crowd.pbo, case.crowd.beyond_pbo
    if facts.ont_down is not True or facts.dying_gasp or False in (facts.laser_on, facts.card_up, rest.any_up):
        return None
    whole = group.seems_fallen(_ALL, thresholds.pbo_min_onts)
    mostly = group.seems_fallen(thresholds.collective_most, thresholds.pbo_min_onts)
    if not (whole or (mostly and case.ancestry.certain is Ancestor.PBO)) or case.crowd.gasps_together > group.dark:
        return None
    if Ancestor.PBO in case.ancestry.beaten:
        return None
    signs = Signs(case, thresholds)
    common.ont_is_down(signs, case)
    common.light_is_lost(signs, case)
    common.fell_together(signs, group, _ALL if whole else thresholds.collective_most, thresholds.pbo_min_onts)
    signs.expect(
        rest.any_up, ("beyond_up", "beyond_up"), doubt=thresholds.doubt_decisive, decider="neighbours", up=rest.up
    )
    if not whole:
        signs.object_to("pbo_up", up=group.up)
        signs.lack(1.0, "pbo_technician")
    if rest.any_up:
        common.weigh(signs, case, Ancestor.PBO, thresholds.doubt_two_hypotheses)
    if rest.dark:
        signs.object_to("beyond_dark", dark=rest.dark)
    return signs.match(Role.FAULT, blames.BRANCH, Scope.PBO, Severity.CRITICAL, dark=group.dark + 1)
