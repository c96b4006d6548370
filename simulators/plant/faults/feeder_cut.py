"""Light lost for a whole PON port whose laser still emits normally."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.pon is not None:
        conditions.feeders_cut.add(strike.target.pon)


FAULT = FaultKind(
    name="feeder-cut",
    target=TargetKind.PON,
    help_en="the feeder between this PON port and its first splitter is cut; the laser stays on",
    help_fr="le câble de transport entre ce port PON et son premier coupleur est coupé ; le laser reste allumé",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
