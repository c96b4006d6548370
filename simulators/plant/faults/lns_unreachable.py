"""The LNS, or the collecte before it, answers nobody: every session falls and no PADI finds anything."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    conditions.lns_silent = True
    conditions.ppp_unanswered.update(strike.onts)


FAULT = FaultKind(
    name="lns-unreachable",
    target=TargetKind.PLATFORM,
    help_en="the LNS answers nobody",
    help_fr="le LNS ne répond plus à personne",
    apply=_apply,
    seen=frozenset({"box", "radius"}),
)
