"""Water in a closure: a loss that follows the rain, whatever the wavelength."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        more(conditions.loss_db, ont, strike.size("loss_db"))


FAULT = FaultKind(
    name="moisture",
    target=TargetKind.PBO,
    help_en="water enters the closure of this PBO when it rains",
    help_fr="l'eau entre dans le boîtier de ce PBO quand il pleut",
    apply=_apply,
    parameters=(Parameter("loss_db", 4.0, "loss in both directions when soaked, dB", 0.0, 40.0),),
    course={"when": "rain"},
)
