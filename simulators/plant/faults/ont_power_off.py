"""Power lost at an ONT (ITU-T G.984.3 11.1.1, DGi)."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.ont is not None:
        conditions.onts_unpowered.add(strike.target.ont)


FAULT = FaultKind(
    name="ont-power-off",
    target=TargetKind.ONT,
    help_en="this ONT loses its mains: dying gasp, then silence",
    help_fr="cet ONT perd son alimentation : dying gasp, puis silence",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
