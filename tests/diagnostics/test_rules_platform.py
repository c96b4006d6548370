"""The Internet platform as evidence: the LNS, the sessions of the neighbours, how many accesses are touched, RADIUS."""

from __future__ import annotations

import pytest

from domain.access import TestName
from domain.metrics.box import BOX_DNS_OK, BOX_PING_OK, BOX_PPP_LAST_ERROR, BOX_PPP_STATUS, BOX_REACH
from domain.metrics.ont import UNI_OPER
from domain.metrics.platform import (
    FLOWS,
    NEIGHBOUR_SESSIONS_OK,
    PLATFORM_AFFECTED,
    PLATFORM_DNS_OK,
    PLATFORM_INTERNET_OK,
    PLATFORM_LNS_OK,
    PLATFORM_RADIUS_OK,
    RADIUS_TIMEOUT_PERCENT,
)
from domain.metrics.session import AUTH_AT, AUTH_RESULT, SESSION_ACTIVE
from domain.reading import Reason, missing
from domain.states import AuthResult, Oper, PppStatus, Reach
from domain.verdict import Family, Prelocalisation, Scope, Severity
from tests.diagnostics.build import (
    BOX_GONE,
    FAULTS,
    GOLDEN,
    NOTHING,
    NOW,
    Values,
    judged,
    over,
    rule_of,
    snapshot,
    told,
)

NO_PADO: Values = {
    BOX_PPP_STATUS: PppStatus.CONNECTING,
    BOX_PPP_LAST_ERROR: "ERROR_ISP_TIME_OUT",
    SESSION_ACTIVE: False,
}
NO_PING = {BOX_PING_OK: False}


def without_pado(*layers):
    return judged(snapshot(NO_PADO, *layers))


def test_neighbours_in_session_leave_the_service_vlan_of_this_access():
    found = without_pado({NEIGHBOUR_SESSIONS_OK: True, PLATFORM_LNS_OK: True})
    first = found.findings[0]
    assert (first.rule, found.scope, found.severity) == ("no_pado", Scope.INDIVIDUAL, Severity.MAJOR)
    assert [fact.text for fact in first.evidence_for][-2:] == [
        "Le LNS de la plateforme répond aux sondes.",
        "Les voisins ont une session ouverte.",
    ]
    assert (first.decider, found.confidence) == ("le VLAN de service de l'accès sur l'OLT et dans la collecte", 0.84)


def test_neighbours_without_any_session_make_it_collective():
    found = without_pado({NEIGHBOUR_SESSIONS_OK: False})
    assert (found.family, found.prelocalisation) == (Family.INTERNET, Prelocalisation.PLATEFORME_INTERNET)
    assert (found.scope, found.severity, found.confidence) == (Scope.PON, Severity.CRITICAL, 0.84)
    assert found.synthesis.startswith("Panne collective : les demandes de session de ce port PON")
    assert any("Aucun accès voisin" in fact.text for fact in found.findings[0].evidence_for)


def test_neighbours_of_whom_nothing_is_known_leave_a_doubt_and_are_what_to_read_next():
    layers: tuple[Values, ...] = ({}, {NEIGHBOUR_SESSIONS_OK: missing(Reason.NEVER_SEEN)})
    for layer in layers:
        found = without_pado(layer)
        assert (found.scope, found.confidence) == (Scope.INDIVIDUAL, 0.81)
        assert found.findings[0].decider == "les sessions Internet des accès voisins du même port PON"


def test_accesses_lost_elsewhere_make_it_the_platforms():
    found = without_pado({NEIGHBOUR_SESSIONS_OK: False, PLATFORM_AFFECTED: 230})
    assert (found.findings[0].rule, found.scope, found.severity) == ("no_pado", Scope.PLATFORM, Severity.CRITICAL)
    assert any(fact.text == "Plate-forme : 230 accès touchés." for fact in found.findings[0].evidence_for)
    alone = without_pado({NEIGHBOUR_SESSIONS_OK: True, PLATFORM_AFFECTED: 230})
    assert alone.scope is Scope.INDIVIDUAL


def test_a_session_that_the_platform_cuts_keeps_its_own_words():
    cut: Values = {BOX_PPP_LAST_ERROR: "ERROR_SERVER_OUT_OF_RESOURCES", BOX_PPP_STATUS: PppStatus.DISCONNECTED}
    found = judged(snapshot(NO_PADO, cut, {NEIGHBOUR_SESSIONS_OK: False}))
    assert (found.scope, found.severity) == (Scope.PON, Severity.CRITICAL)
    assert found.findings[0].title == "Session interrompue par la plateforme"


def test_an_lns_that_is_not_reached_explains_every_closed_session():
    found = judged(FAULTS["lns_down"])
    assert (found.family, found.scope, found.severity) == (Family.INTERNET, Scope.PLATFORM, Severity.CRITICAL)
    texts = [fact.text for fact in found.findings[0].evidence_for]
    assert texts[0] == "Le LNS de la plateforme ne répond pas aux sondes."
    assert texts[-1] == "Plate-forme : 412 accès touchés."
    box_only = over(
        "lns_down", {BOX_PPP_LAST_ERROR: NOTHING, BOX_PPP_STATUS: PppStatus.DISCONNECTED}, test=TestName.BOX
    )
    assert rule_of(box_only) == "lns_down"


@pytest.mark.parametrize(
    ("neighbours", "affected", "confidence"),
    [(False, 412, 0.93), (False, 1, 0.9), (NOTHING, 2, 0.9), (NOTHING, NOTHING, 0.88), (True, 412, 0.56)],
)
def test_the_lns_is_blamed_as_surely_as_the_rest_of_the_platform_bears_it_out(neighbours, affected, confidence):
    found = judged(over("lns_down", {NEIGHBOUR_SESSIONS_OK: neighbours, PLATFORM_AFFECTED: affected}))
    assert (found.findings[0].rule, found.confidence) == ("lns_down", confidence)


@pytest.mark.parametrize(
    ("layer", "rule"),
    [
        ({PLATFORM_LNS_OK: True}, "no_pado"),
        ({PLATFORM_LNS_OK: NOTHING}, "no_pado"),
        ({UNI_OPER: Oper.DOWN}, "ont_box_link_down"),
        ({AUTH_RESULT: AuthResult.REJECT, AUTH_AT: NOW}, "ppp_refused"),
        ({BOX_PPP_STATUS: PppStatus.AUTHENTICATING}, "radius_down"),
        ({BOX_PPP_STATUS: PppStatus.CONNECTED, BOX_PPP_LAST_ERROR: "ERROR_NONE", SESSION_ACTIVE: True}, "healthy"),
    ],
)
def test_what_answers_or_lies_below_keeps_the_lns_out_of_it(layer, rule):
    assert rule_of(over("lns_down", layer)) == rule


def test_an_ont_that_is_down_is_not_the_lns():
    assert rule_of(over("drop_cut", {PLATFORM_LNS_OK: False})) == "drop_cut"


def test_a_box_that_is_silent_is_less_surely_idle_while_the_lns_is_not_reached():
    sure = judged(GOLDEN)
    doubted = judged(snapshot(BOX_GONE, {PLATFORM_LNS_OK: False}))
    assert (sure.confidence, doubted.confidence) == (0.97, 0.58)
    assert told(snapshot(BOX_GONE, {PLATFORM_LNS_OK: False}), "Le LNS de la plateforme ne répond pas")
    reached = snapshot(BOX_GONE, {PLATFORM_LNS_OK: True})
    assert (judged(reached).confidence, told(reached, "Le LNS de la plateforme répond")) == (0.97, True)


def test_no_internet_behind_an_lns_that_is_not_reached_is_the_platforms():
    found = judged(snapshot(NO_PING, {PLATFORM_LNS_OK: False}))
    assert (found.findings[0].rule, found.scope, found.severity) == ("no_internet", Scope.PLATFORM, Severity.CRITICAL)
    assert told(snapshot(NO_PING, {PLATFORM_LNS_OK: False}), "Le LNS de la plateforme ne répond pas")
    assert judged(snapshot(NO_PING, {PLATFORM_INTERNET_OK: False})).scope is Scope.PLATFORM
    assert judged(snapshot(NO_PING, {PLATFORM_AFFECTED: 2})).scope is Scope.PLATFORM


def test_no_internet_while_the_platform_works_is_the_route_of_this_access():
    works = snapshot(NO_PING, {PLATFORM_LNS_OK: True, PLATFORM_INTERNET_OK: True})
    assert judged(works).scope is Scope.INDIVIDUAL
    assert told(works, "seule la route de cet accès est en cause")
    for half in ({PLATFORM_LNS_OK: True}, {PLATFORM_INTERNET_OK: True}, {PLATFORM_AFFECTED: 1}):
        assert judged(snapshot(NO_PING, half)).scope is Scope.INDIVIDUAL
        assert not told(snapshot(NO_PING, half), "seule la route")


def test_requests_that_a_relay_logs_as_unanswered_bear_radius_out():
    stuck: Values = {**NO_PADO, BOX_PPP_STATUS: PppStatus.AUTHENTICATING, AUTH_RESULT: NOTHING, AUTH_AT: NOTHING}
    alone, many = snapshot(stuck), snapshot(stuck, {RADIUS_TIMEOUT_PERCENT: 64.4})
    assert (judged(alone).confidence, judged(many).confidence) == (0.84, 0.93)
    assert told(many, "64 % des demandes d'authentification restent sans réponse.")
    counted = snapshot(stuck, {PLATFORM_AFFECTED: 1400})
    assert judged(counted).confidence == 0.93
    assert told(counted, "Plate-forme : 1400 accès touchés.")
    assert judged(snapshot(stuck, {PLATFORM_RADIUS_OK: False})).confidence == 0.93
    own = snapshot({**stuck, AUTH_RESULT: AuthResult.TIMEOUT, AUTH_AT: NOW})
    assert rule_of(own) == "radius_down"


def test_names_that_fail_while_the_resolvers_work_are_not_the_platforms_though_sessions_fell_elsewhere():
    failing: Values = {BOX_DNS_OK: False, BOX_PING_OK: True, PLATFORM_AFFECTED: 90}
    assert judged(snapshot(failing, {PLATFORM_DNS_OK: True})).scope is Scope.INDIVIDUAL
    assert judged(snapshot(failing)).scope is Scope.PLATFORM


def test_flows_that_nobody_tried_are_said_not_measured_with_what_to_read_next():
    for layer, reason in (
        ({FLOWS: NOTHING}, "non demandé"),
        ({FLOWS: missing(Reason.TIMEOUT)}, "pas de réponse dans le délai"),
    ):
        listed = {item.what: item.why for item in judged(snapshot(layer)).not_measured}
        assert listed == {
            "Flux testés": f"non mesuré, {reason} ; à lire ensuite : la politique du port 25 dans la fiche de l'accès, "
            "puis un essai d'envoi par les ports 25 et 587 depuis l'accès"
        }


def test_flows_are_not_asked_for_where_nothing_could_pass():
    for shut in (
        snapshot(BOX_GONE, {FLOWS: NOTHING}),
        over("drop_cut", {FLOWS: NOTHING}),
        over("healthy", {FLOWS: NOTHING}, test=TestName.BOX),
        snapshot({FLOWS: NOTHING, SESSION_ACTIVE: False, BOX_PPP_STATUS: PppStatus.DISCONNECTED}),
    ):
        assert "Flux testés" not in {item.what for item in judged(shut).not_measured}
    silent = snapshot({FLOWS: NOTHING, BOX_REACH: Reach.SILENT, BOX_PPP_STATUS: NOTHING, SESSION_ACTIVE: NOTHING})
    assert "Flux testés" in {item.what for item in judged(silent).not_measured}
