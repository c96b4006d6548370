"""Errors downstream at a normal level: a bad receiver in the ONT, or reflections."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        more(conditions.ber_down, ont, strike.size("rate"))


FAULT = FaultKind(
    name="errors-down",
    target=TargetKind.ONT,
    help_en="errors downstream of this ONT, its levels normal",
    help_fr="erreurs dans le sens descendant de cet ONT, à niveaux normaux",
    apply=_apply,
    parameters=(Parameter("rate", 1e-6, "errors a bit", 1e-12, 1e-2),),
)
