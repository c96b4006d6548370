"""Transmitter of a PON port dead: no level, all its ONTs lose light."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.pon is not None:
        conditions.lasers_off.add(strike.target.pon)


FAULT = FaultKind(
    name="pon-laser-off",
    target=TargetKind.PON,
    help_en="the laser of this PON port no longer emits",
    help_fr="le laser de ce port PON n'émet plus",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
