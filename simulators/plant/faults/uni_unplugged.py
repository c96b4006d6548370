"""The ONT-box cable out of its socket: both are powered, neither sees the other."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind
from simulators.plant.targets import Target, TargetKind


def _apply(conditions: Conditions, target: Target) -> None:
    if target.ont is not None:
        conditions.unis_unplugged.add(target.ont)


FAULT = FaultKind(
    name="uni-unplugged",
    target=TargetKind.ONT,
    help_en="the Ethernet cable between this ONT and its box is unplugged",
    help_fr="le câble Ethernet entre cet ONT et sa box est débranché",
    apply=_apply,
)
