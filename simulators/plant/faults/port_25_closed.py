"""Port 25 closed by policy, as usual for a consumer: no fault of the platform."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.ports_closed[ont] = frozenset({25})


FAULT = FaultKind(
    name="port-25-closed",
    target=TargetKind.ONT,
    help_en="port 25 of this access is closed by policy",
    help_fr="le port 25 de cet accès est fermé par politique",
    apply=_apply,
    seen=frozenset(),
)
