"""A bad plug or power supply: the ONT loses its mains for moments, with a dying gasp."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.onts_unpowered.add(ont)


FAULT = FaultKind(
    name="flapping-power",
    target=TargetKind.ONT,
    help_en="this ONT loses its mains for moments",
    help_fr="cet ONT perd son alimentation par moments",
    apply=_apply,
    course={"period_s": 10800.0, "duty": 0.03},
    seen=frozenset({"olt", "box", "radius"}),
)
