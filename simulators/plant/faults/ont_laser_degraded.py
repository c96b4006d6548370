"""The laser of an ONT at the end of its life: its level falls, its current rises."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more, times
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        more(conditions.ont_tx_db, ont, strike.size("loss_db"))
        times(conditions.ont_bias, ont, 1.0 + (strike.number("bias") - 1.0) * strike.strength)


FAULT = FaultKind(
    name="ont-laser-degraded",
    target=TargetKind.ONT,
    help_en="the laser of this ONT degrades: level down, current up",
    help_fr="le laser de cet ONT se dégrade : niveau en baisse, courant en hausse",
    apply=_apply,
    parameters=(
        Parameter("loss_db", 3.0, "fall of the level sent, dB", 0.0, 30.0),
        Parameter("bias", 2.4, "laser current in the end, times the usual one", 1.0, 5.0),
    ),
)
