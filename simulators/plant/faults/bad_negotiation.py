"""A link between ONT and box that agrees on less than gigabit, full duplex."""

from __future__ import annotations

from domain.states import EthernetRate, Negotiation
from simulators.plant.conditions import Conditions
from simulators.plant.errors import CommandError
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind

_POOR = ("10_half", "10_full", "100_half", "100_full", "1000_half")


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.rates[ont] = _rate(strike)


def _rate(strike: Strike) -> tuple[EthernetRate, Negotiation]:
    return EthernetRate(strike.text("rate")), Negotiation.FORCED if strike.number("forced") else Negotiation.AUTO


def _check(strike: Strike) -> None:
    if strike.text("rate") not in _POOR:
        raise CommandError(f"{strike.text('rate')!r} is no poor rate", _POOR)


FAULT = FaultKind(
    name="bad-negotiation",
    target=TargetKind.ONT,
    help_en="the link between this ONT and its box agrees on a poor rate",
    help_fr="le lien entre cet ONT et sa box négocie un mauvais débit",
    apply=_apply,
    parameters=(
        Parameter("rate", "100_half", "10_half, 10_full, 100_half, 100_full or 1000_half"),
        Parameter("forced", 0.0, "1: forced on one side instead of negotiated", 0.0, 1.0),
    ),
    seen=frozenset({"olt", "box"}),
    check=_check,
)
