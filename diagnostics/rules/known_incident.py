"""A collective incident that is already open covers the access: the caller is one of those that it took."""

from __future__ import annotations

from typing import Any

from diagnostics import blames
from diagnostics import signs as common
from diagnostics.case import Case
from diagnostics.facts import password_refused
from diagnostics.rule import NETWORK, Layer, Match, Role, Signs
from diagnostics.texts import moment
from diagnostics.thresholds import Thresholds
from domain.incident import Ancestor
from domain.metrics import olt, ont
from domain.verdict import Severity

LAYER = Layer.INCIDENT
TESTS = NETWORK
_FORMS = {
    Ancestor.PBO: (blames.BRANCH, "pbo"),
    Ancestor.STREET: (blames.SHARED_FIBRE, "street"),
    Ancestor.SPLITTER: (blames.SHARED_FIBRE, "splitter"),
    Ancestor.PON: (blames.SHARED_FIBRE, "pon"),
    Ancestor.CARD: (blames.OLT, "card"),
    Ancestor.OLT: (blames.OLT, "olt"),
    Ancestor.AREA: (blames.AREA_MAINS, "area"),
}

_EQUIPMENT = frozenset({Ancestor.CARD, Ancestor.OLT, Ancestor.AREA})


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs an open incident and an ONT that is down in a way that it explains; what is read live may deny it."""
    facts, incident = case.facts, case.snapshot.incident
    if incident is None or incident.ancestor not in _FORMS or facts.access_up:
        return None
    if False in (facts.unlocked, facts.provisioned) or password_refused(case.readings):
        return None  # an incident takes the light, not the rights
    ancestor = incident.ancestor
    dark = False in (facts.laser_on, facts.port_unlocked)
    if ancestor not in _EQUIPMENT and (facts.card_up is False or (dark and ancestor is not Ancestor.PON)):
        return None  # the fleet saw who fell; the port or the board itself says why
    mains = ancestor is Ancestor.AREA
    if (facts.dying_gasp and not mains) or case.ancestry.denies(ancestor):
        return None
    since = moment(incident.since, case.now)
    place = incident.place.removeprefix("PBO-")
    told: dict[str, Any] = {"since": since, "accesses": incident.accesses, "place": place, "number": incident.number}
    signs = Signs(case, thresholds)
    signs.add("incident", **told)
    if incident.works:
        signs.add("works")
    if facts.ont_down is None:
        unread = blames.UNKNOWN_NETWORK
        return signs.match(
            Role.UNKNOWN, unread, ancestor.scope, Severity.CRITICAL, decider="retry", variant="unknown", **told
        )
    common.ont_is_down(signs, case)
    if mains:
        signs.expect(facts.dying_gasp, ("gasp", "no_gasp"), ont.ONT_ALARMS, decider="ont_leds")
    signs.lack(min(1.0, incident.confidence / thresholds.correlation.sure))
    common.weigh(signs, case, ancestor, thresholds.doubt_two_hypotheses)
    blame, variant = _FORMS[ancestor]
    if ancestor is Ancestor.PON and dark:
        signs.add("port_dark", olt.PON_LASER_ON)
        blame = blames.OLT
    return signs.match(Role.FAULT, blame, ancestor.scope, Severity.CRITICAL, variant=variant, **told)
