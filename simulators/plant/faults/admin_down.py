"""The ONT is locked in the OLT, as for an unpaid bill."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.locked.add(ont)


FAULT = FaultKind(
    name="admin-down",
    target=TargetKind.ONT,
    help_en="this ONT is administratively down",
    help_fr="cet ONT est désactivé par l'exploitant",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
