"""The PON port sends no light although its board works: its laser is off or dead, or the port is locked."""

from __future__ import annotations

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.logic import any_of, negate
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import olt
from domain.verdict import Scope, Severity

LAYER = Layer.PORT
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the laser known to be off, or the port locked. ifOperStatus alone never decides (Nokia ISAM)."""
    facts = case.facts
    dark = any_of(negate(facts.laser_on), negate(facts.port_unlocked))
    if dark is not True or facts.access_up:
        return None
    locked = facts.port_unlocked is False
    signs = Signs(case, thresholds)
    if locked:
        signs.add("port_locked", olt.PON_ADMIN)
    else:
        signs.add("laser_off", olt.PON_LASER_ON)
    common.card_works(signs, case)
    signs.expect(facts.ont_down, ("ont_down", "ont_up"), doubt=thresholds.doubt_minor)
    if facts.neighbours_up:
        signs.object_to("pon_up", up=case.crowd.pon.up)
    return signs.match(Role.FAULT, blames.OLT, Scope.PON, Severity.CRITICAL, variant="locked" if locked else "")
