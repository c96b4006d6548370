"""An ONT that transmits in the time slots of the others; the OLT has found which one."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.rogues.add(ont)
        conditions.disturbed.add(ont.pon_name)
        for other in strike.layout.pons[ont.pon_name].onts:
            if other.name != ont:
                more(conditions.ber_up, other.name, strike.size("rate"))


FAULT = FaultKind(
    name="rogue-ont",
    target=TargetKind.ONT,
    help_en="this ONT transmits in the slots of the others, and the OLT knows it",
    help_fr="cet ONT émet dans les temps des autres, et l'OLT l'a reconnu",
    apply=_apply,
    parameters=(Parameter("rate", 2e-5, "errors a bit that it makes in the others' bursts", 1e-12, 1e-2),),
)
