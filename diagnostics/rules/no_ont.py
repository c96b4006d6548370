"""The access hangs nowhere: no ONT is recorded for it, so nothing of the network can be read."""

from __future__ import annotations

from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Sign
from diagnostics.thresholds import Thresholds
from domain.verdict import Family, Owner, Prelocalisation, Scope, Severity

LAYER = Layer.CARD
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Matches an access without place; it stands only where nothing else proves service."""
    if case.snapshot.place is not None:
        return None
    return Match(
        Role.UNKNOWN,
        Family.INDETERMINE,
        Prelocalisation.INDETERMINEE,
        Scope.UNKNOWN,
        Severity.INDETERMINATE,
        Owner.COMMERCIAL,
        None,
        evidence_for=(Sign("no_place"),),
        decider="placement",
    )
