"""An output of the first splitter, or what feeds a second one, is cut: all PBOs behind it go dark."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.drops_cut.add(ont)


FAULT = FaultKind(
    name="splitter-cut",
    target=TargetKind.SPLITTER,
    help_en="the branch to this second splitter is cut: several PBOs lose light together",
    help_fr="la branche de ce second coupleur est coupée : plusieurs PBO perdent la lumière ensemble",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
