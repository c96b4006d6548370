"""The customer has set another name server in the box, and it does not answer."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.dns_servers[ont] = strike.text("server")


FAULT = FaultKind(
    name="dns-custom",
    target=TargetKind.ONT,
    help_en="the box behind this ONT uses a name server that does not answer",
    help_fr="la box derrière cet ONT utilise un serveur de noms qui ne répond pas",
    apply=_apply,
    parameters=(Parameter("server", "203.0.113.53", "its address (RFC 5737 by itself)"),),
    seen=frozenset({"box"}),
)
