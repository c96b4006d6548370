"""The ONT's configuration is missing in the OLT, which sees its serial number."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.unprovisioned.add(ont)


FAULT = FaultKind(
    name="not-provisioned",
    target=TargetKind.ONT,
    help_en="this ONT is not configured in the OLT",
    help_fr="cet ONT n'est pas configuré dans l'OLT",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
