"""The jumper of this ONT removed at the PM by mistake during a job."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.drops_cut.add(ont)


FAULT = FaultKind(
    name="wrong-unpatching",
    target=TargetKind.ONT,
    help_en="this ONT's jumper is removed at the PM",
    help_fr="la jarretière de cet ONT est débrassée au PM",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
