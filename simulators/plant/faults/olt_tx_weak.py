"""The laser of a PON port's module ages: less light for all its ONTs, more current."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more, times
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.pon is not None:
        more(conditions.olt_tx_db, strike.target.pon, strike.size("loss_db"))
        times(conditions.olt_bias, strike.target.pon, 1.0 + (strike.number("bias") - 1.0) * strike.strength)


FAULT = FaultKind(
    name="olt-tx-weak",
    target=TargetKind.PON,
    help_en="the laser of this port's module weakens",
    help_fr="le laser du module de ce port faiblit",
    apply=_apply,
    parameters=(
        Parameter("loss_db", 3.5, "fall of the level sent, dB", 0.0, 30.0),
        Parameter("bias", 1.8, "laser current in the end, times the usual one", 1.0, 5.0),
    ),
)
