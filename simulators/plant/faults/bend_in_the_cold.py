"""A fibre that contracts in the cold and bends: a loss of the nights, stronger at long wavelengths."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        more(conditions.bend_db, ont, strike.size("loss_db"))


FAULT = FaultKind(
    name="bend-in-the-cold",
    target=TargetKind.PBO,
    help_en="the cable to this PBO contracts in the cold and bends its fibres",
    help_fr="le câble de ce PBO se contracte au froid et plie ses fibres",
    apply=_apply,
    parameters=(Parameter("loss_db", 4.0, "loss at 1490 nm in a hard frost, dB", 0.0, 40.0),),
    course={"when": "cold"},
)
