"""A flow that policy says open is blocked on the platform."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.ports_blocked[ont] = frozenset({round(strike.number("port"))})


FAULT = FaultKind(
    name="blocked-flow",
    target=TargetKind.ONT,
    help_en="a flow of this access is blocked though policy opens it",
    help_fr="un flux de cet accès est bloqué alors que la politique l'ouvre",
    apply=_apply,
    seen=frozenset(),
    parameters=(Parameter("port", 443.0, "TCP port", 1.0, 65535.0),),
)
