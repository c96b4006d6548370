"""Nothing wrong up to the box: its Wi-Fi reaches the customer's devices badly."""

from __future__ import annotations

from simulators.plant.conditions import Conditions, Wifi
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.wifi[ont] = Wifi(round(strike.number("signal_dbm")), 6, round(strike.number("busy_percent")))


FAULT = FaultKind(
    name="wifi-weak",
    target=TargetKind.ONT,
    help_en="only the Wi-Fi of the box behind this ONT is bad",
    help_fr="seul le Wi-Fi de la box derrière cet ONT est mauvais",
    apply=_apply,
    parameters=(
        Parameter("signal_dbm", -84.0, "level of the customer's device at the box, dBm", -100.0, -20.0),
        Parameter("busy_percent", 78.0, "share of time the channel is taken", 0.0, 100.0),
    ),
    seen=frozenset({"box"}),
)
