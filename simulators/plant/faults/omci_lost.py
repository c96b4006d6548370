"""The OLT ranges the ONT and can no longer manage it: nothing is read of it, no service."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.omci_lost.add(ont)


FAULT = FaultKind(
    name="omci-lost",
    target=TargetKind.ONT,
    help_en="OMCI with this ONT is lost, its optical link is up",
    help_fr="l'OMCI avec cet ONT est perdu, son lien optique est établi",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
