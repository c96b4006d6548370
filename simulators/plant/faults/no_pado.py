"""The box calls for an access concentrator and none answers: service VLAN or collecte."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.ppp_unanswered.add(ont)


FAULT = FaultKind(
    name="no-pado",
    target=TargetKind.PON,
    help_en="no access concentrator answers the boxes of this port",
    help_fr="aucun concentrateur ne répond aux box de ce port",
    apply=_apply,
    seen=frozenset({"box", "radius"}),
)
