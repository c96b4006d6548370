"""A contact that opens and closes: the ONT loses its light for moments, without dying gasp."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.drops_cut.add(ont)


FAULT = FaultKind(
    name="flapping-light",
    target=TargetKind.ONT,
    help_en="this ONT loses its light for moments",
    help_fr="cet ONT perd la lumière par moments",
    apply=_apply,
    course={"period_s": 7200.0, "duty": 0.02},
    seen=frozenset({"olt", "box", "radius"}),
)
