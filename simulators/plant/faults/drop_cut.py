"""Light lost on one drop: the ONT goes LOS without dying gasp."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.ont is not None:
        conditions.drops_cut.add(strike.target.ont)


FAULT = FaultKind(
    name="drop-cut",
    target=TargetKind.ONT,
    help_en="the drop between the PBO and this ONT is cut",
    help_fr="le câble de branchement entre le PBO et cet ONT est coupé",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
