"""A box that answers its ACS and carries nothing out: a bug of some firmware."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    conditions.boxes_deaf |= set(strike.onts)


FAULT = FaultKind(
    name="box-deaf",
    target=TargetKind.ONT,
    help_en="the box behind this ONT answers its ACS, and carries nothing out",
    help_fr="la box derrière cet ONT répond à son ACS sans rien exécuter",
    apply=_apply,
    seen=frozenset(),
)
