"""Power lost at an ONT (ITU-T G.984.3 11.1.1, DGi)."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind
from simulators.plant.targets import Target, TargetKind


def _apply(conditions: Conditions, target: Target) -> None:
    if target.ont is not None:
        conditions.onts_unpowered.add(target.ont)


FAULT = FaultKind(
    name="ont-power-off",
    target=TargetKind.ONT,
    help_en="this ONT loses its mains: dying gasp, then silence",
    help_fr="cet ONT perd son alimentation : dying gasp, puis silence",
    apply=_apply,
)
