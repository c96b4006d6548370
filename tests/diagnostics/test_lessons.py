"""What the Monte Carlo over the plant taught the rules: one test a lesson (`make bench-diagnosis` finds them)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from diagnostics.case import derive
from domain.access import OpticalClass
from domain.metric import Readings
from domain.metrics import reference
from domain.metrics.box import BOX_PPP_LAST_ERROR, BOX_PPP_STATUS, BOX_REACH
from domain.metrics.context import LEDS, PLANNED_WORKS, PM_JOB_AT
from domain.metrics.olt import PON_BIAS_MA, PON_LASER_ON, PON_TX_DBM
from domain.metrics.ont import (
    OLT_RX_DBM,
    ONT_ADMIN,
    ONT_ALARMS,
    ONT_BIP_DOWN,
    ONT_BIP_UP,
    ONT_CONFIG_STATE,
    ONT_COUNTER_INTERVAL_S,
    ONT_DOWN_CAUSE,
    ONT_ERRORS_DOWN,
    ONT_ERRORS_UP,
    ONT_LAST_CHANGE,
    ONT_OPER,
    ONT_PASSWORD_OK,
    ONT_PHASE,
    ONT_RX_DBM,
    ONT_TX_DBM,
    UNI_OPER,
)
from domain.metrics.session import AUTH_AT, AUTH_RESULT, SESSION_ACTIVE
from domain.reading import Reading, Reason, missing
from domain.states import Admin, DownCause, OntAlarm, OntPhase, Oper, PppStatus, Reach
from domain.verdict import Prelocalisation, Scope
from tests.diagnostics.build import (
    ALL_DARK,
    ALL_UP,
    FAR,
    FAULTS,
    FELL,
    NOTHING,
    NOW,
    Values,
    crowd,
    judged,
    neighbour,
    over,
    rule_of,
    rules,
    snapshot,
    unread,
)
from tests.diagnostics.edges.making import line

T = rules().thresholds
HELD = "Avant tout déplacement"
DUMB: Reading[Any] = missing(Reason.NO_READING, NOW)
REFERENCE: Values = {
    reference.REFERENCE_ONT_RX_DBM: -19.4,
    reference.REFERENCE_ONT_TX_DBM: 2.3,
    reference.REFERENCE_OLT_RX_DBM: -20.7,
    reference.REFERENCE_OLT_TX_DBM: 3.4,
}


def measured(*deltas, **where):
    return [replace(neighbour(n, **where), rx_delta_db=d, olt_rx_delta_db=d) for n, d in enumerate(deltas, start=50)]


def facts(*layers, **given):
    return derive(snapshot(*layers, **given), T).facts


DARK_PORT: Values = {PON_LASER_ON: NOTHING, PON_TX_DBM: NOTHING}


def dumb_port(snap):
    return replace(snap, readings=Readings({**snap.readings.values, PON_TX_DBM: DUMB}))


@pytest.mark.parametrize(
    ("layer", "found"),
    [
        ({**DARK_PORT, reference.REFERENCE_OLT_TX_DBM: 3.4}, "pon_laser_off"),
        ({**DARK_PORT, PON_BIAS_MA: 0.0}, "pon_laser_off"),
        ({**DARK_PORT, PON_BIAS_MA: 14.0}, "feeder_cut"),
        (DARK_PORT, "feeder_cut"),
    ],
)
def test_a_port_that_fell_dumb_sends_nothing_and_one_that_never_spoke_says_nothing(layer, found):
    assert rule_of(dumb_port(over("feeder_cut", layer, neighbours=ALL_DARK))) == found


def test_something_that_works_behind_a_dumb_port_proves_its_laser():
    assert derive(dumb_port(snapshot({**DARK_PORT, PON_BIAS_MA: 0.0})), T).facts.laser_on is True


OMCI_GONE: Values = {BOX_REACH: Reach.SILENT, BOX_PPP_STATUS: NOTHING, SESSION_ACTIVE: False}


SILENT_OVER_OMCI: list[Values] = [
    {ONT_CONFIG_STATE: "failed"},
    {ONT_PHASE: OntPhase.SYNCHRONISING, ONT_OPER: Oper.DOWN, ONT_ALARMS: NOTHING},
    {
        ONT_PHASE: OntPhase.SYNCHRONISING,
        ONT_OPER: Oper.DOWN,
        ONT_ALARMS: NOTHING,
        ONT_DOWN_CAUSE: DownCause.LOS,  # of a fall long ago, which the OLT keeps
    },
    {
        ONT_PHASE: OntPhase.SYNCHRONISING,
        ONT_OPER: Oper.DOWN,
        ONT_ALARMS: NOTHING,
        ONT_DOWN_CAUSE: DownCause.AUTHENTICATION_FAILED,  # of another
    },
    {ONT_RX_DBM: DUMB, ONT_TX_DBM: DUMB, UNI_OPER: Oper.DOWN, **REFERENCE},
]


@pytest.mark.parametrize("layer", SILENT_OVER_OMCI)
def test_an_ont_that_no_longer_answers_over_omci_is_told_by_what_it_no_longer_says(layer):
    assert rule_of(snapshot(OMCI_GONE, layer)) == "omci_lost"


def test_an_ont_that_never_told_its_levels_is_not_lost_for_it():
    quiet: Values = {ONT_RX_DBM: DUMB, ONT_TX_DBM: DUMB, UNI_OPER: Oper.DOWN}
    assert rule_of(snapshot(OMCI_GONE, quiet)) == "ont_box_link_down"


@pytest.mark.parametrize(
    "layer",
    [
        {ONT_DOWN_CAUSE: DownCause.OPERATOR_CHECK},
        {ONT_PHASE: OntPhase.AUTHENTICATION_FAILED},
        {ONT_ALARMS: (OntAlarm.SUF, OntAlarm.INACTIVE)},
    ],
)
def test_a_password_refused_is_told_in_the_words_of_each_vendor(layer):
    found = judged(over("drop_cut", {ONT_ALARMS: NOTHING, **layer}))
    assert (found.findings[0].rule, found.prelocalisation) == ("password_mismatch", Prelocalisation.ONT)


SUFFERING = crowd(*(replace(neighbour(n), upstream_errors=True) for n in range(6)))


def test_a_drift_of_bursts_names_the_rogue_when_others_suffer():
    drifting = {ONT_ALARMS: (OntAlarm.DOW,)}
    assert rule_of(snapshot(drifting, neighbours=SUFFERING)) == "rogue_ont"
    assert rule_of(snapshot(drifting)) == "healthy"
    alone = judged(snapshot(drifting, neighbours=unread()))
    assert alone.findings[0].rule == "rogue_ont"
    assert alone.confidence < judged(snapshot(drifting, neighbours=SUFFERING)).confidence


def test_a_rogue_makes_no_light_go():
    cut = over("drop_cut", neighbours=SUFFERING)
    assert [finding.rule for finding in judged(cut).findings][:2] == ["drop_cut", "rogue_suffered"]


def test_errors_that_the_whole_port_may_share_send_nobody():
    noisy = {ONT_ALARMS: (OntAlarm.SD,)}
    assert judged(snapshot(noisy, neighbours=unread())).action.startswith(HELD)
    assert not judged(snapshot(noisy)).action.startswith(HELD)


LOSSY = {ONT_RX_DBM: -26.4, OLT_RX_DBM: -27.7, **REFERENCE}


def test_a_loss_that_neighbours_may_share_sends_nobody():
    assert judged(snapshot(LOSSY)).action.startswith(HELD)
    known = crowd(*measured(0.1, -0.2, 0.0))
    assert not judged(snapshot(LOSSY, neighbours=known)).action.startswith(HELD)
    assert not judged(snapshot(LOSSY, neighbours=crowd())).action.startswith(HELD)  # nobody else hangs there


def test_a_cut_beside_neighbours_who_lose_light_sends_nobody():
    fading = crowd(*measured(-6.0, -0.1, 0.1))
    assert judged(over("drop_cut", neighbours=fading)).action.startswith(HELD)


def test_one_bad_line_among_few_neighbours_does_not_move_the_port():
    three = crowd(*measured(-7.0, 0.1, 0.0))
    assert rule_of(snapshot(REFERENCE, neighbours=three)) == "healthy"
    two = crowd(*measured(-3.5, -0.2, **FAR))
    assert rule_of(snapshot(REFERENCE, neighbours=two)) == "healthy"  # it receives what it always has


def test_a_loss_of_the_pbo_is_shared_even_without_a_reference_of_ones_own():
    fading = crowd(*measured(-5.0, -5.2, -4.9), *measured(0.0, 0.1, -0.1, **FAR))
    for level in (-21.0, -27.5):
        found = judged(snapshot({ONT_RX_DBM: level}, neighbours=fading))
        assert (found.findings[0].rule, found.scope) == ("shared_loss", Scope.PBO)
    assert "high_attenuation" not in {f.rule for f in judged(snapshot({ONT_RX_DBM: -27.5}, neighbours=fading)).findings}


def test_a_sender_that_reads_as_it_always_has_is_no_weak_one():
    low = {ONT_TX_DBM: 0.2}
    assert rule_of(snapshot(low, {**REFERENCE, reference.REFERENCE_ONT_TX_DBM: 0.3, OLT_RX_DBM: -22.7})) == "healthy"
    assert "ont_laser" not in {f.rule for f in judged(snapshot(low)).findings}  # the error of a module
    assert rule_of(snapshot({ONT_TX_DBM: -1.6})) == "ont_laser"
    assert rule_of(replace(snapshot({ONT_TX_DBM: -1.6, PON_TX_DBM: 7.0}), optical_class=OpticalClass.D)) != "ont_laser"


def test_bip_counts_where_nothing_else_is_counted():
    counted: Values = {ONT_ERRORS_UP: NOTHING, ONT_ERRORS_DOWN: NOTHING, ONT_COUNTER_INTERVAL_S: 300.0, ONT_BIP_UP: 0}
    assert rule_of(snapshot({**counted, ONT_BIP_DOWN: 900_000})) == "downstream_errors"
    assert rule_of(snapshot({**counted, ONT_BIP_DOWN: 10**12})) == "healthy"  # more than the line carries


def test_works_take_the_light_and_not_the_rights():
    works: Values = {PLANNED_WORKS: True}
    assert rule_of(over("drop_cut", works)) == "planned_works"
    locked: Values = {ONT_ADMIN: Admin.LOCKED, ONT_ALARMS: (OntAlarm.DISABLED,)}
    assert rule_of(over("drop_cut", {**works, **locked})) == "ont_admin_down"


def test_works_do_not_explain_a_password_that_the_olt_refuses():
    works: Values = {PLANNED_WORKS: True}
    assert rule_of(over("drop_cut", {**works, ONT_ALARMS: NOTHING, ONT_PASSWORD_OK: False})) == "password_mismatch"
    incident = FAULTS["known_incident"].incident
    assert rule_of(over("drop_cut", {ONT_PASSWORD_OK: False}, incident=incident)) == "password_mismatch"


def test_a_box_that_was_offered_a_session_and_waits_for_its_authentication_found_the_platform():
    waiting: Values = {
        SESSION_ACTIVE: False,
        BOX_PPP_LAST_ERROR: "ERROR_ISP_TIME_OUT",
        AUTH_RESULT: NOTHING,
        AUTH_AT: NOTHING,
    }
    found = {status: rule_of(snapshot({**waiting, BOX_PPP_STATUS: status})) for status in PppStatus}
    assert found[PppStatus.AUTHENTICATING] == "radius_down"
    assert found[PppStatus.CONNECTING] == "no_pado"


def test_a_job_at_the_pm_explains_an_undated_fall():
    undated: Values = {ONT_LAST_CHANGE: NOTHING, ONT_ALARMS: NOTHING, PM_JOB_AT: FELL}
    assert rule_of(over("drop_cut", undated)) == "wrong_unpatching"


def test_the_live_word_of_a_box_beats_an_accounting_that_nobody_closes():
    calling = {BOX_PPP_STATUS: PppStatus.AUTHENTICATING}
    assert facts(calling).session_alive is False


def test_a_box_that_does_not_answer_is_surer_not_to_have_a_session():
    closed: Values = {SESSION_ACTIVE: False, BOX_PPP_STATUS: NOTHING}
    silent, speaking = ({**closed, BOX_REACH: reach} for reach in (Reach.SILENT, Reach.ANSWERED))
    assert judged(snapshot(silent)).confidence > judged(snapshot(speaking)).confidence


def test_an_overload_that_both_ends_measure_is_no_wrong_unit():
    short = snapshot({ONT_RX_DBM: -7.5, OLT_RX_DBM: -9.8, PON_TX_DBM: 3.4, ONT_TX_DBM: 2.3})
    assert rule_of(short) == "overload"
    assert FAULTS["healthy"].outside.splitter_ratio == 64


def test_a_level_that_only_the_olt_receives_less_is_its_receiver_until_the_neighbours_say_no():
    told = line({OLT_RX_DBM: -24.0}, neighbours=unread())
    diagnosis = judged(told)
    assert diagnosis.findings[0].rule == "olt_receiver_weak"
    assert diagnosis.confidence < 0.75
    assert "niveaux" in (diagnosis.findings[0].decider or "")
    others_well = crowd(*(replace(neighbour(n), olt_rx_delta_db=0.0, rx_delta_db=0.0) for n in range(6)))
    assert rule_of(replace(told, neighbours=others_well)) == "dirty_connector"


def test_a_small_port_that_suffers_as_a_whole_has_a_rogue():
    noisy = [replace(neighbour(n), upstream_errors=True) for n in range(2)]
    suffering = line({ONT_ERRORS_UP: 9000, ONT_COUNTER_INTERVAL_S: 900.0}, neighbours=crowd(*noisy))
    assert rule_of(suffering) == "rogue_suffered"


def test_errors_that_the_own_light_explains_are_no_rogue():
    noisy = [replace(neighbour(n), upstream_errors=True) for n in range(8)]
    assert rule_of(line({ONT_RX_DBM: -26.5, OLT_RX_DBM: -27.5}, neighbours=crowd(*noisy))) != "rogue_suffered"


def test_nobody_is_sent_before_the_neighbours_of_the_pbo_are_read_where_the_walk_was_cut():
    elsewhere = (replace(neighbour(n, **FAR), rx_delta_db=0.0, olt_rx_delta_db=0.0) for n in range(4))
    cut = crowd(*elsewhere, complete=False)
    assert judged(line({ONT_RX_DBM: -25.5, OLT_RX_DBM: -26.5}, neighbours=cut)).action.startswith("Avant tout")


def test_a_port_below_its_class_by_the_error_of_its_own_measure_is_not_weak():
    assert rule_of(snapshot({PON_TX_DBM: 0.9, ONT_RX_DBM: -20.0}, neighbours=unread())) == "healthy"


def test_neighbours_read_before_the_fall_are_said_to_be_outdated():
    late = replace(ALL_UP, at=FELL - timedelta(minutes=1))
    missing = {one.what: one.why for one in judged(over("drop_cut", neighbours=late)).not_measured}
    assert "ancienne" in missing["Autres ONT du port PON"]


def test_an_olt_that_contradicts_itself_lowers_the_confidence_of_a_live_proof():
    odd = snapshot({ONT_ALARMS: (OntAlarm.LOS,)})
    diagnosis = judged(odd)
    assert (diagnosis.findings[0].rule, diagnosis.family.value) == ("service_proved", "OK")
    assert diagnosis.confidence <= 0.5


def test_a_customer_who_says_that_the_ont_is_dark_is_believed():
    assert rule_of(over("drop_cut", {LEDS: {"ont": "tous les voyants éteints"}})) == "ont_power_off"


def test_zero_dbm_received_is_a_table_that_nobody_filled():
    assert rule_of(snapshot({ONT_RX_DBM: 0.0, OLT_RX_DBM: 0.0})) == "healthy"


def test_minus_one_from_both_ends_is_no_level():
    assert rule_of(snapshot({ONT_RX_DBM: -1.0, OLT_RX_DBM: -1.0})) == "healthy"
