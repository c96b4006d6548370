"""The platform's name servers answer nobody."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, _strike: Strike) -> None:
    conditions.dns_platform_down = True


FAULT = FaultKind(
    name="dns-platform",
    target=TargetKind.PLATFORM,
    help_en="the platform's name servers do not answer",
    help_fr="les serveurs de noms de la plateforme ne répondent pas",
    apply=_apply,
    seen=frozenset(),
)
