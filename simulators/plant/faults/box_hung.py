"""A box whose software is stuck: only its Ethernet link lives."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.ont is not None:
        conditions.boxes_hung.add(strike.target.ont)


FAULT = FaultKind(
    name="box-hung",
    target=TargetKind.ONT,
    help_en="the box behind this ONT is stuck: link up, no PPP session, no Inform",
    help_fr="la box derrière cet ONT est figée : lien Ethernet actif, ni session PPP ni Inform",
    apply=_apply,
    seen=frozenset({"box", "radius"}),
)
