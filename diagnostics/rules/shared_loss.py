"""The fibre that several accesses share loses more light than before, though the port sends as it should."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import olt, ont
from domain.verdict import Scope, Severity

LAYER = Layer.FEEDER
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs neighbours that receive less at a port that sends enough; the PBO alone, or the whole PON."""
    crowd, budget = case.crowd, case.budget
    rise, beyond = budget.worst_rise_db, optics.drifted(crowd.beyond_pbo, thresholds)
    spared = rise is not None and rise < thresholds.shared_drift_db
    if not case.facts.ont_up or budget.olt_sent_ok is False or spared:
        return None
    near = optics.drifted(crowd.pbo, thresholds)
    if not near and (near is False or not beyond):
        return None  # its own PBO receives as ever: what others suffer is not its trouble
    group = crowd.pbo if near and not beyond else crowd.pon
    up_rise = budget.rise_up_db
    if group is crowd.pon and up_rise is not None and up_rise < thresholds.shared_drift_db / 2:
        return None  # a fibre loses both ways: downstream alone, it is what the port sends
    signs = Signs(case, thresholds)
    signs.add("group_receives_less", drop=-(group.rx_delta_db or 0.0))
    if rise is None:
        signs.lack(signs.missing, "levels")
    else:
        signs.add("own_rise", ont.ONT_RX_DBM, rise=rise)
    signs.expect(budget.olt_sent_ok, ("olt_sends", "olt_sends"), olt.PON_TX_DBM, decider="laser")
    up = optics.drifted_up(group, thresholds)
    signs.expect(up, ("group_up_too", "group_up_same"), doubt=signs.minor)
    if group is crowd.pbo:
        return signs.match(Role.DEGRADED, blames.BRANCH, Scope.PBO, Severity.MAJOR, decider="otdr", variant="pbo")
    return signs.match(Role.DEGRADED, blames.SHARED_FIBRE, Scope.PON, Severity.MAJOR, decider="otdr")
