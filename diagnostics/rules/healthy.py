"""The access works: the ONT is on line and nothing that was measured says otherwise."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.access import TestName
from domain.metrics import box, olt, ont
from domain.states import Reach
from domain.verdict import Scope, Severity

LAYER = Layer.HEALTH
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the ONT known to be on line; every layer that was not measured lowers the confidence."""
    facts, budget = case.facts, case.budget
    if not facts.ont_up:
        return None
    signs = Signs(case, thresholds)
    common.ont_works(signs, case)
    common.card_works(signs, case)
    signs.expect(facts.laser_on, ("laser_on", "laser_off"), olt.PON_LASER_ON)
    signs.expect(facts.provisioned, ("provisioned", "not_provisioned"), ont.ONT_PROVISIONED, doubt=signs.minor)
    signs.expect(facts.unlocked, ("ont_unlocked", "ont_locked"), ont.ONT_ADMIN, doubt=signs.minor)
    signs.expect(
        budget.received_ok,
        ("levels_ok", "levels_out"),
        *(ont.ONT_RX_DBM, ont.OLT_RX_DBM),
        doubt=thresholds.doubt_decisive,
        decider="levels",
    )
    explained = budget.loss_explained(thresholds)
    signs.expect(explained, ("loss_explained", "loss_unexplained"), ont.ONT_RX_DBM, ont.OLT_RX_DBM, doubt=signs.minor)
    if case.errors.high:
        signs.object_to("errors_high", ont.ONT_ERRORS_UP, ont.ONT_ERRORS_DOWN)
    if budget.down_db is not None and budget.up_db is not None:
        signs.add("losses", down=budget.down_db, up=budget.up_db)
    signs.expect(facts.uni_up, ("uni_up", "uni_down"), ont.UNI_OPER, doubt=thresholds.doubt_decisive, decider="uni")
    if not (case.readings[ont.ONT_FIRMWARE_PLANNED].known and case.readings[ont.ONT_FIRMWARE_ACTIVE].known):
        signs.lack(signs.minor)
    if case.snapshot.test is TestName.GLOBAL:
        signs.expect(facts.box_active, ("box_active", "box_inactive"), doubt=signs.missing, decider="box_leds")
        if case.readings.value(box.BOX_REACH) is Reach.SILENT:
            signs.object_to("box_no_answer", box.BOX_REACH)
            signs.lack(1.0, "box_leds")
        signs.expect(facts.session_alive, ("session_alive", "session_closed"), doubt=signs.missing, decider="session")
    return signs.match(Role.HEALTH, blames.NOTHING, Scope.INDIVIDUAL, Severity.NONE)
