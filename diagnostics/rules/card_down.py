"""The OLT board is out of service: it says so itself, and everything behind it is dark."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import olt
from domain.verdict import Scope, Severity

LAYER = Layer.CARD
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the board's own state; a board that was not read never fires."""
    facts, crowd = case.facts, case.crowd
    if facts.card_up is not False or facts.access_up:
        return None
    signs = Signs(case, thresholds)
    signs.add("card_down", olt.CARD_OPER)
    error = case.readings.value(olt.CARD_ERROR)
    if error is not None:
        signs.add("card_error", olt.CARD_ERROR, error=error)
    signs.expect(facts.ont_down, ("ont_down", "ont_up"), doubt=thresholds.doubt_minor)
    if crowd.card_ports_down >= thresholds.card_min_ports:
        signs.add("card_ports_down", ports=crowd.card_ports_down)
    if crowd.card_ports_up:
        signs.object_to("card_ports_up", ports=crowd.card_ports_up)
    if crowd.other_cards_down:
        signs.add("other_cards_down", cards=crowd.other_cards_down)
        return signs.match(Role.FAULT, blames.OLT, Scope.OLT, Severity.CRITICAL, variant="site")
    return signs.match(Role.FAULT, blames.OLT, Scope.CARD, Severity.CRITICAL)
