"""A connector that is dirty, scratched or of the wrong polish: the same loss both ways."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, more
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        more(conditions.loss_db, ont, strike.size("loss_db"))


FAULT = FaultKind(
    name="dirty-connector",
    target=TargetKind.ONT,
    help_en="the connector of this ONT's drop is dirty: loss in both directions",
    help_fr="le connecteur de la prise de cet ONT est sale : perte dans les deux sens",
    apply=_apply,
    parameters=(Parameter("loss_db", 4.0, "loss in both directions, dB", 0.0, 40.0),),
)
