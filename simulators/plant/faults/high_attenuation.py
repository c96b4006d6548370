"""A path that loses more than its class allows: bad splices, water, a crushed cable."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        more(conditions.loss_db, ont, strike.size("loss_db"))


FAULT = FaultKind(
    name="high-attenuation",
    target=TargetKind.PBO,
    help_en="the cable to this PBO loses too much",
    help_fr="le câble qui dessert ce PBO atténue trop",
    apply=_apply,
    parameters=(Parameter("loss_db", 8.0, "loss in both directions, dB", 0.0, 40.0),),
)
