"""A branch above several PBOs is cut: all the ONTs behind one splitter are dark, the rest of the PON is up."""

from __future__ import annotations

from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.verdict import Defect, Family, Owner, Prelocalisation, Scope, Severity

LAYER = Layer.SPLITTER
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the outside-plant records: one splitter, at least two PBOs behind it."""
    facts, group, pbo = case.facts, case.crowd.splitter, case.snapshot.outside.pbo
    if facts.ont_down is not True or facts.dying_gasp or case.crowd.beyond_splitter.any_up is not True:
        return None
    several = len(group.pbos | ({pbo} if pbo is not None else set())) > 1
    share, minimum = thresholds.collective_share, thresholds.feeder_min_onts
    if not several or not group.seems_fallen(share, minimum) or case.crowd.gasps_together > group.dark:
        return None
    signs = Signs(case, thresholds)
    common.ont_is_down(signs, case)
    common.light_is_lost(signs, case)
    common.fell_together(signs, group, share, minimum)
    signs.add("beyond_up", up=case.crowd.beyond_splitter.up)
    return Match(
        Role.FAULT,
        Family.LIGNE,
        Prelocalisation.TRANSPORT_PON,
        Scope.SPLITTER,
        Severity.CRITICAL,
        Owner.INFRASTRUCTURE,
        Defect.LINE,
        signs.certainty,
        tuple(signs.present),
        tuple(signs.against),
        signs.decider,
        params={"dark": group.dark + 1},
    )
