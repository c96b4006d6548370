"""The receiver of a PON port's module fails: all its ONTs are heard lower, downstream is as before."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.pon is not None:
        more(conditions.olt_rx_db, strike.target.pon, strike.size("loss_db"))


FAULT = FaultKind(
    name="olt-rx-weak",
    target=TargetKind.PON,
    help_en="the receiver of this port's module hears all its ONTs too low",
    help_fr="le récepteur du module de ce port entend tous ses ONT trop bas",
    apply=_apply,
    parameters=(Parameter("loss_db", 4.0, "fall of what it gets out of the light, dB", 0.0, 30.0),),
)
