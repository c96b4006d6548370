"""An unidentified ONT of the PON sends in the slots of others: the subject is a victim like many."""

from __future__ import annotations

from diagnostics import blames, optics
from diagnostics.case import Case
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import olt, ont
from domain.states import OntAlarm, PonAlarm
from domain.verdict import Prelocalisation, Scope, Severity

LAYER = Layer.ROGUE
TESTS = NETWORK


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs the port's alarm, or many noisy neighbours at good levels; the subject must not be the one named."""
    alarms, port = case.readings.value(ont.ONT_ALARMS) or (), case.readings.value(olt.PON_ALARMS)
    intruding = None if port is None else PonAlarm.TIA in port
    noisy = optics.noisy_around(case, thresholds)
    if OntAlarm.TIW in alarms or OntAlarm.ROGUE in alarms or OntAlarm.DF in alarms:
        return None
    if not intruding and (not noisy or optics.shared(case, thresholds)):
        return None
    if not intruding and optics.good_levels(case, thresholds) is False:
        return None  # its own light is enough to explain what it suffers
    signs = Signs(case, thresholds)
    signs.expect(intruding, ("intrusion", "no_intrusion"), olt.PON_ALARMS, doubt=signs.minor)
    if noisy:
        signs.add("others_suffer", noisy=case.crowd.pon.noisy)
    if case.errors.high_up:
        signs.add("errors_up", ont.ONT_ERRORS_UP)
    return signs.match(
        Role.DEGRADED if case.facts.ont_down else Role.FAULT,  # it makes no light go
        blames.OLT_WEAK.at(Prelocalisation.TRANSPORT_PON),
        Scope.PON,
        Severity.MAJOR,
        decider="one_by_one",
    )
