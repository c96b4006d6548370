"""The RADIUS server answers nobody: open sessions stay but for a share, none opens, nothing is accounted for."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    conditions.aaa_silent = True
    conditions.aaa_relayed |= bool(strike.number("relayed"))
    for ont in strike.onts:
        if strike.layout.onts[ont].number * 7919 % 100 < strike.number("dropped") * 100:
            conditions.sessions_dropped.add(ont)


FAULT = FaultKind(
    name="radius-unreachable",
    target=TargetKind.PLATFORM,
    help_en="the RADIUS server answers nobody",
    help_fr="le serveur RADIUS ne répond plus à personne",
    apply=_apply,
    parameters=(
        Parameter("dropped", 0.3, "share of the sessions that end and cannot come back", 0.0, 1.0),
        Parameter("relayed", 0.0, "1: a proxy before the server logs each request left without answer", 0.0, 1.0),
    ),
    seen=frozenset({"box", "radius"}),
)
