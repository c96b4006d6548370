"""A jumper moved at the PM: the ONT shows itself on another port than the one where it is configured."""

from __future__ import annotations

from domain.identifiers import PonName
from simulators.plant.conditions import Conditions
from simulators.plant.errors import CommandError, UnknownTargetError
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.moved[ont] = _other(strike)


def _other(strike: Strike) -> PonName:
    ports = list(strike.layout.pons)
    if wanted := strike.text("to"):
        found = next((port for port in ports if str(port) == wanted), None)
        if found is None:
            raise UnknownTargetError(f"no PON port {wanted!r}", [str(port) for port in ports])
        return found
    here = ports.index(strike.onts[0].pon_name)
    return ports[(here + 1) % len(ports)]


def _check(strike: Strike) -> None:
    if _other(strike) == strike.onts[0].pon_name:
        raise CommandError("an ONT is crossed with another port than its own")


FAULT = FaultKind(
    name="crossed-patch",
    target=TargetKind.ONT,
    help_en="this ONT is patched to another PON port",
    help_fr="cet ONT est brassé sur un autre port PON",
    apply=_apply,
    seen=frozenset({"olt", "box", "radius"}),
    parameters=(Parameter("to", "", "the other port (PON-1-1-5-9); by itself, the next one"),),
    check=_check,
)
