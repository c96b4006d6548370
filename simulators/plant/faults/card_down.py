"""A line board out of service: nothing below it can be read."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    if strike.target.slot is not None:
        conditions.cards_down.add(strike.target.slot)


FAULT = FaultKind(
    name="card-down",
    target=TargetKind.SLOT,
    help_en="the board of this slot is down with all its PON ports",
    help_fr="la carte de ce slot est hors service avec tous ses ports PON",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
