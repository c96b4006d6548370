"""Power lost at a box: its Ethernet link falls with it."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.ont is not None:
        conditions.boxes_unpowered.add(strike.target.ont)


FAULT = FaultKind(
    name="box-off",
    target=TargetKind.ONT,
    help_en="the box behind this ONT is switched off",
    help_fr="la box derrière cet ONT est éteinte",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
