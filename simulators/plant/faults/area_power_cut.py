"""A district without mains: dying gasps on several ports at once, boxes off with their ONTs."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        if strike.layout.onts[ont].number % 100 < strike.number("share") * 100:
            conditions.onts_unpowered.add(ont)
            conditions.boxes_unpowered.add(ont)


FAULT = FaultKind(
    name="area-power-cut",
    target=TargetKind.PM,
    help_en="the district of this PM loses its mains",
    help_fr="le quartier de ce PM est privé de courant",
    apply=_apply,
    parameters=(Parameter("share", 1.0, "share of the homes without mains", 0.0, 1.0),),
    seen=frozenset({"olt", "box", "radius"}),
)
