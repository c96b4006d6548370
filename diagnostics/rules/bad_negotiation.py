"""The Ethernet link between ONT and box settled below gigabit full duplex."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import ont
from domain.states import EthernetRate, Negotiation
from domain.verdict import Scope, Severity

LAYER = Layer.ETHERNET
TESTS = NETWORK
_SLOW = {
    EthernetRate.TEN_HALF: "10 Mbit/s half duplex",
    EthernetRate.TEN: "10 Mbit/s",
    EthernetRate.HUNDRED_HALF: "100 Mbit/s half duplex",
    EthernetRate.HUNDRED: "100 Mbit/s",
    EthernetRate.GIGABIT_HALF: "1 Gbit/s half duplex",
}


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the link up at a rate that a gigabit lead would not give."""
    rate = case.readings.value(ont.UNI_RATE)
    if not case.facts.ont_up or case.facts.uni_up is False or rate not in _SLOW:
        return None
    signs = Signs(case, thresholds)
    signs.add("slow_link", ont.UNI_RATE, rate=_SLOW[rate])
    forced = case.readings.value(ont.UNI_NEGOTIATION) is Negotiation.FORCED
    if forced:
        signs.add("forced", ont.UNI_NEGOTIATION)
    return signs.match(Role.DEGRADED, blames.HOME_COMFORT, Scope.INDIVIDUAL, Severity.MINOR, rate=_SLOW[rate])
