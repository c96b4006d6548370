"""Nothing allows a conclusion: says what to read next instead of inventing a verdict."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.access import TestName
from domain.metrics import ont
from domain.verdict import Scope, Severity

LAYER = Layer.UNKNOWN
TESTS = frozenset(TestName)


def evaluate(case: Case, thresholds: Thresholds) -> Match:
    """Always matches; it stands only where no other rule says anything."""
    signs = Signs(case, thresholds)
    network = case.snapshot.test.reads_network
    if network and case.facts.light_lost:
        signs.object_to("light_lost", ont.ONT_ALARMS)  # with an ONT that is said to be on line
    return signs.match(
        Role.UNKNOWN,
        blames.UNKNOWN,
        Scope.UNKNOWN,
        Severity.INDETERMINATE,
        decider="ont_state" if network else "inform",
        variant="" if network else "box",
    )
