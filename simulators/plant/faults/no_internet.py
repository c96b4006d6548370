"""The session is open and nothing answers beyond the LNS."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.no_internet.add(ont)


FAULT = FaultKind(
    name="no-internet",
    target=TargetKind.ONT,
    help_en="the session of this access leads nowhere",
    help_fr="la session de cet accès ne mène nulle part",
    apply=_apply,
    seen=frozenset(),
)
