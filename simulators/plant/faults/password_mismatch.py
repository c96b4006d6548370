"""The right serial number with a password that the OLT refuses: it registers again and again."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.password_refused.add(ont)


FAULT = FaultKind(
    name="password-mismatch",
    target=TargetKind.ONT,
    help_en="the OLT refuses the password of this ONT",
    help_fr="l'OLT refuse le mot de passe de cet ONT",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
)
