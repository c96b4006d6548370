"""Access-Reject at each attempt; the box still informs over its management VLAN."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind
from simulators.plant.targets import Target, TargetKind


def _apply(conditions: Conditions, target: Target) -> None:
    if target.ont is not None:
        conditions.ppp_refused.add(target.ont)


FAULT = FaultKind(
    name="ppp-refused",
    target=TargetKind.ONT,
    help_en="the platform refuses the PPP credentials of the box behind this ONT",
    help_fr="la plateforme refuse les identifiants PPP de la box derrière cet ONT",
    apply=_apply,
)
