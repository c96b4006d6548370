"""Something transmits in the time slots of all ONTs of a port; nobody knows which one it is."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.disturbed.add(ont.pon_name)
        more(conditions.ber_up, ont, strike.size("rate"))


FAULT = FaultKind(
    name="rogue-unknown",
    target=TargetKind.PON,
    help_en="an unidentified ONT of this port transmits in the slots of the others",
    help_fr="un ONT inconnu de ce port émet dans les temps des autres",
    apply=_apply,
    parameters=(Parameter("rate", 2e-5, "errors a bit that it makes in the others' bursts", 1e-12, 1e-2),),
)
