"""The ONT-box cable out of its socket: both are powered, neither sees the other."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.ont is not None:
        conditions.unis_unplugged.add(strike.target.ont)


FAULT = FaultKind(
    name="uni-unplugged",
    target=TargetKind.ONT,
    help_en="the Ethernet cable between this ONT and its box is unplugged",
    help_fr="le câble Ethernet entre cet ONT et sa box est débranché",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
