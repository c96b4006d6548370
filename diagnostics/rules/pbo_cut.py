"""The fibre of one PBO is cut: all its ONTs are dark at once, the rest of the PON is up."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.verdict import Scope, Severity

LAYER = Layer.BRANCH
TESTS = NETWORK
_ALL = 1.0


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs every ONT of the PBO that was online to be dark with the subject."""
    facts, group, rest = case.facts, case.crowd.pbo, case.crowd.beyond_pbo
    if facts.ont_down is not True or facts.dying_gasp or False in (facts.laser_on, facts.card_up, rest.any_up):
        return None
    if not group.seems_fallen(_ALL, thresholds.pbo_min_onts) or case.crowd.gasps_together > group.dark:
        return None
    signs = Signs(case, thresholds)
    common.ont_is_down(signs, case)
    common.light_is_lost(signs, case)
    common.fell_together(signs, group, _ALL, thresholds.pbo_min_onts)
    signs.expect(
        rest.any_up, ("beyond_up", "beyond_up"), doubt=thresholds.doubt_decisive, decider="neighbours", up=rest.up
    )
    if group.dark + 1 < thresholds.pbo_sure_onts:
        signs.lack(thresholds.doubt_two_hypotheses, "pbo_technician")
    if case.crowd.splitter.size and case.crowd.splitter.size == group.size:
        signs.lack(thresholds.doubt_two_hypotheses, "pbo_technician")  # nothing else hangs from its splitter
    if rest.dark:
        signs.object_to("beyond_dark", dark=rest.dark)
    return signs.match(Role.FAULT, blames.BRANCH, Scope.PBO, Severity.CRITICAL, dark=group.dark + 1)
