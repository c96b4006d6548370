"""An ONT that no longer starts, its mains present: a last gasp, then nothing; the box is still on."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.onts_unpowered.add(ont)


FAULT = FaultKind(
    name="ont-dead",
    target=TargetKind.ONT,
    help_en="this ONT is dead, whatever its mains",
    help_fr="cet ONT est mort, quel que soit son secteur",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
