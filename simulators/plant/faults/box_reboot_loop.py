"""A box that restarts over and over: each turn it is off for its boot, then lives some minutes."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.boxes_unpowered.add(ont)


FAULT = FaultKind(
    name="box-reboot-loop",
    target=TargetKind.ONT,
    help_en="the box behind this ONT restarts over and over",
    help_fr="la box derrière cet ONT redémarre en boucle",
    apply=_apply,
    course={"period_s": 420.0, "duty": 0.2},
    seen=frozenset({"olt", "box", "radius"}),
)
