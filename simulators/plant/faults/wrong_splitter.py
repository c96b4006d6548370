"""An ONT brought to an output with too small a splitter: too much light at both ends."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        more(conditions.loss_db, ont, -strike.number("gain_db"))


FAULT = FaultKind(
    name="wrong-splitter",
    target=TargetKind.ONT,
    help_en="this ONT hangs from a splitter that is too small: overload at both ends",
    help_fr="cet ONT est brassé sur un coupleur trop petit : surcharge aux deux bouts",
    apply=_apply,
    parameters=(Parameter("gain_db", 12.5, "loss that is missing on its path, dB", 0.0, 20.0),),
)
