"""Works announced on a PM: they explain an outage, which other faults make."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, Works
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    conditions.works.append(Works(strike.target.text, strike.text("reference")))


FAULT = FaultKind(
    name="planned-works",
    target=TargetKind.PM,
    help_en="works are announced on this PM",
    help_fr="des travaux sont annoncés sur ce PM",
    apply=_apply,
    seen=frozenset(),
    parameters=(Parameter("reference", "TRX-2019-0001", "reference of the announcement"),),
)
