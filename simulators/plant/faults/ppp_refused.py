"""Access-Reject at each attempt; the box still informs over its management VLAN."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.ont is not None:
        conditions.ppp_refused.add(strike.target.ont)


FAULT = FaultKind(
    name="ppp-refused",
    target=TargetKind.ONT,
    help_en="the platform refuses the PPP credentials of the box behind this ONT",
    help_fr="la plateforme refuse les identifiants PPP de la box derrière cet ONT",
    apply=_apply,
    seen=frozenset({"box", "radius"}),
)
