"""Management of the OLT lost (SNMP and CLI); customers' traffic goes on."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.faults.kind import FaultKind, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, _strike: Strike) -> None:
    conditions.olt_unreachable = True


FAULT = FaultKind(
    name="olt-unreachable",
    target=TargetKind.OLT,
    help_en="the OLT no longer answers SNMP or CLI; the service goes on",
    help_fr="l'OLT ne répond plus ni en SNMP ni en CLI ; le service continue",
    apply=_apply,
)
