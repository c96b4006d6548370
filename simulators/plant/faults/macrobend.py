"""A fibre bent too tightly: it loses more at 1490 and 1577 nm than at 1310 and 1270 nm."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        more(conditions.bend_db, ont, strike.size("loss_db"))


FAULT = FaultKind(
    name="macrobend",
    target=TargetKind.ONT,
    help_en="the drop of this ONT is bent: loss that grows with wavelength",
    help_fr="le câble de cet ONT est plié : perte qui croît avec la longueur d'onde",
    apply=_apply,
    parameters=(Parameter("loss_db", 5.0, "loss at 1490 nm, dB", 0.0, 40.0),),
)
