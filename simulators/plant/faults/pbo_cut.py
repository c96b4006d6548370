"""Light lost at a distribution point: all its ONTs go LOS at the same instant."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.pbo is not None:
        conditions.pbos_cut.add(strike.target.pbo)


FAULT = FaultKind(
    name="pbo-cut",
    target=TargetKind.PBO,
    help_en="the cable to this PBO is cut: all its ONTs lose light together",
    help_fr="le câble qui dessert ce PBO est coupé : tous ses ONT perdent la lumière ensemble",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
