"""Each rule: what triggers it, what must not, and what doubt costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.access import OutsidePlant, TestName
from domain.identifiers import Firmware
from domain.metrics.box import (
    BOX_INFORM_INTERVAL_S,
    BOX_LAST_INFORM,
    BOX_PPP_LAST_ERROR,
    BOX_PPP_STATUS,
    BOX_REACH,
)
from domain.metrics.olt import CARD_OPER, OLT_REACHABLE, PON_ADMIN, PON_LASER_ON, PON_OPER, PON_TX_DBM
from domain.metrics.ont import (
    OLT_RX_DBM,
    ONT_ADMIN,
    ONT_ALARMS,
    ONT_FIRMWARE_ACTIVE,
    ONT_FIRMWARE_PLANNED,
    ONT_LAST_CHANGE,
    ONT_OPER,
    ONT_PROVISIONED,
    ONT_RANGING,
    ONT_RX_DBM,
    ONT_TX_DBM,
    UNI_OPER,
)
from domain.metrics.session import (
    AUTH_AT,
    AUTH_REASON,
    AUTH_RESULT,
    SESSION_ACTIVE,
    SESSION_LAST_SEEN,
    SESSION_STOP_CAUSE,
    SESSION_STOPPED,
)
from domain.reading import Quality, Source, known
from domain.states import Admin, AuthResult, OntAlarm, Oper, PppStatus, Reach
from domain.verdict import Family, Prelocalisation, ResultCode, Scope, Severity
from tests.diagnostics.build import (
    ALL_DARK,
    ALL_UP,
    BOX_GONE,
    FAR,
    FAULTS,
    FELL,
    GOLDEN,
    NOTHING,
    NOW,
    OUTSIDE,
    PBO_DARK,
    crowd,
    dark,
    gasping,
    judged,
    neighbour,
    nothing_read,
    port,
    readings,
    rule_of,
    snapshot,
    unread,
    values,
    without,
)


def over(name, layer=(), **changes):
    """A case with values laid over its readings, and other fields changed."""
    snap = FAULTS[name]
    layer = dict(layer)
    kept = without(snap, *[m for m, v in layer.items() if v is NOTHING]).readings
    return replace(snap, readings=kept.merged(readings(values(layer))), **changes)


def told(snap, key_text):
    finding = judged(snap).findings[0]
    return any(key_text in e.text for e in finding.evidence_for + finding.evidence_against)


# --- collective faults -------------------------------------------------------------------------------------------


def test_a_board_that_was_not_read_is_never_down():
    assert rule_of(over("card_down", {CARD_OPER: NOTHING})) != "card_down"


def test_a_board_said_down_under_an_ont_on_line_is_a_contradiction_not_an_outage():
    diagnosis = judged(snapshot({CARD_OPER: Oper.DOWN}))
    assert diagnosis.family is Family.OK
    assert diagnosis.confidence == 0.57
    assert told(snapshot({CARD_OPER: Oper.DOWN}), "La carte OLT est hors service")


def test_another_port_of_the_board_that_works_makes_its_outage_doubtful():
    doubtful = over("card_down", neighbours=replace(ALL_DARK, ports=(port(3),)))
    assert (rule_of(doubtful), judged(doubtful).confidence) == ("card_down", 0.57)


def test_a_laser_off_is_not_a_feeder_cut_though_the_onts_look_the_same():
    assert judged(FAULTS["pon_laser_off"]).family is Family.RESEAU
    assert judged(FAULTS["feeder_cut"]).family is Family.LIGNE


def test_a_nokia_port_down_with_its_laser_on_is_the_feeder():
    assert over("feeder_cut").readings.value(PON_OPER) is Oper.DOWN
    assert rule_of(over("feeder_cut")) == "feeder_cut"


def test_a_locked_port_is_the_networks():
    locked = over("feeder_cut", {PON_ADMIN: Admin.LOCKED})
    assert rule_of(locked) == "pon_laser_off"
    assert "verrouillé" in judged(locked).synthesis


def test_a_laser_said_off_while_a_neighbour_is_up_is_doubtful():
    doubtful = over("pon_laser_off", neighbours=ALL_UP)
    assert judged(doubtful).confidence == 0.57
    assert rule_of(snapshot({PON_LASER_ON: False})) == "healthy"


def test_without_a_word_on_the_laser_the_feeder_is_less_sure_and_the_laser_would_decide():
    blind = judged(over("feeder_cut", {PON_LASER_ON: NOTHING, PON_TX_DBM: NOTHING}))
    assert blind.findings[0].rule == "feeder_cut"
    assert blind.confidence == 0.6
    assert blind.findings[0].decider == "la puissance émise par le port PON"


def test_a_port_that_sends_too_little_makes_the_feeder_doubtful():
    assert judged(over("feeder_cut", {PON_TX_DBM: 0.5})).confidence == 0.54


def test_a_feeder_needs_three_onts():
    two = crowd(dark(1), outside_dark := dark(2, **FAR))
    assert rule_of(over("feeder_cut", neighbours=two)) == "feeder_cut"
    assert rule_of(over("feeder_cut", neighbours=crowd(outside_dark))) == "drop_cut"


@pytest.mark.parametrize(("down", "found"), [(7, "drop_cut"), (8, "feeder_cut"), (9, "feeder_cut")])
def test_a_feeder_needs_nine_tenths_of_the_onts_that_were_on_line(down, found):
    others = [dark(n, **FAR) for n in range(down)]
    assert rule_of(over("feeder_cut", neighbours=crowd(*others, neighbour(50, **FAR)))) == found


def test_neighbours_of_unknown_state_make_the_feeder_less_sure():
    partly = crowd(*(dark(n, **FAR) for n in range(5)), *(neighbour(n, None, **FAR) for n in range(10, 15)))
    diagnosis = judged(over("feeder_cut", neighbours=partly))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("feeder_cut", 0.77)


def test_a_list_cut_short_and_undated_falls_make_the_feeder_less_sure():
    assert judged(over("feeder_cut", neighbours=replace(ALL_DARK, complete=False))).confidence < 0.8
    undated = crowd(*(dark(n, None, **FAR) for n in range(5)))
    assert judged(over("feeder_cut", neighbours=undated)).confidence == 0.77


def test_a_pon_with_a_single_pbo_leaves_two_hypotheses():
    diagnosis = judged(over("feeder_cut", neighbours=crowd(*(dark(n) for n in range(5)))))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("feeder_cut", 0.75)
    assert "réflectométrie" in diagnosis.findings[0].decider


def test_ports_of_the_board_that_fell_together_make_a_feeder_doubtful():
    ports = tuple(port(n, Oper.DOWN, FELL) for n in (1, 2))
    diagnosis = judged(over("feeder_cut", neighbours=replace(ALL_DARK, ports=ports)))
    assert diagnosis.confidence == 0.54
    assert diagnosis.findings[0].decider == "l'état de la carte OLT"


def test_dying_gasps_in_number_are_no_cut_fibre():
    mostly_gasps = crowd(dark(1), dark(2), *(gasping(n) for n in range(3, 9)))
    assert rule_of(over("feeder_cut", neighbours=mostly_gasps)) == "drop_cut"
    assert rule_of(over("pbo_cut", neighbours=crowd(*mostly_gasps.onts, neighbour(30, **FAR)))) == "drop_cut"


def test_dying_gasps_of_before_are_set_apart_and_said():
    assert told(FAULTS["feeder_cut"], "1 ONT voisin(s) ont signalé une coupure d'alimentation")


def test_a_pbo_is_cut_from_two_onts_on_and_sure_from_three():
    two = crowd(dark(1), *(neighbour(n, **FAR) for n in range(20, 30)))
    three = crowd(dark(1), dark(2), *(neighbour(n, **FAR) for n in range(20, 30)))
    assert (rule_of(over("pbo_cut", neighbours=two)), judged(over("pbo_cut", neighbours=two)).confidence) == (
        "pbo_cut",
        0.71,
    )
    assert judged(over("pbo_cut", neighbours=three)).confidence == 0.85


def test_a_pbo_with_one_ont_up_is_not_cut():
    some = crowd(dark(1), dark(2), neighbour(3), *(neighbour(n, **FAR) for n in range(20, 30)))
    diagnosis = judged(over("pbo_cut", neighbours=some))
    assert (diagnosis.findings[0].rule, diagnosis.scope) == ("drop_cut", Scope.INDIVIDUAL)
    assert diagnosis.confidence == 0.48
    assert told(over("pbo_cut", neighbours=some), "2 autre(s) ONT proche(s)")


def test_a_pbo_cut_is_less_sure_while_the_rest_of_the_pon_is_unknown():
    rest_unknown = crowd(*(dark(n) for n in range(2)), *(neighbour(n, None, **FAR) for n in range(20, 30)))
    diagnosis = judged(over("pbo_cut", neighbours=rest_unknown))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("pbo_cut", 0.59)
    assert diagnosis.findings[0].decider == "l'état des autres ONT du même port PON"


def test_two_pbos_dark_without_splitter_records_make_a_pbo_cut_doubtful():
    both = crowd(dark(1), dark(2), dark(3, pbo="PBO-4"), *(neighbour(n, **FAR) for n in range(20, 30)))
    plain = replace(OUTSIDE, splitters=())
    diagnosis = judged(over("pbo_cut", neighbours=both, outside=plain))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("pbo_cut", 0.51)


def test_a_splitter_whose_every_ont_is_on_one_pbo_is_a_pbo_cut():
    assert rule_of(FAULTS["pbo_cut"]) == "pbo_cut"
    assert rule_of(over("splitter_cut", outside=OutsidePlant(splitters=("PM-1-C1-S3",)))) == "splitter_cut"


def test_gasps_in_number_are_no_cut_splitter():
    mostly = crowd(dark(1), dark(2, pbo="PBO-4"), *(gasping(n) for n in range(3, 9)), neighbour(30, **FAR))
    assert rule_of(over("splitter_cut", neighbours=mostly)) == "drop_cut"


@pytest.mark.parametrize(("gasps", "found"), [(1, "ont_power_off"), (2, "area_power_cut"), (3, "area_power_cut")])
def test_an_area_is_without_power_from_three_gasps_on(gasps, found):
    assert (
        rule_of(over("area_power_cut", neighbours=crowd(*(gasping(n) for n in range(gasps)), neighbour(30)))) == found
    )


def test_a_gasp_of_unknown_date_leaves_open_whether_the_area_fell():
    diagnosis = judged(without(over("ont_power_off", neighbours=crowd(gasping(1), neighbour(2))), ONT_LAST_CHANGE))
    assert diagnosis.findings[0].decider.startswith("la date du dernier changement")


# --- one customer ------------------------------------------------------------------------------------------------


def test_a_lone_loss_of_light_is_the_drop_and_only_leds_tell_a_dead_ont():
    diagnosis = judged(FAULTS["drop_cut"])
    assert (diagnosis.prelocalisation, diagnosis.severity) == (Prelocalisation.BRANCHEMENT_PBO, Severity.MAJOR)
    assert diagnosis.confidence == 0.8
    assert "voyants" in diagnosis.findings[0].decider
    assert "collectif" not in diagnosis.synthesis + diagnosis.interpretation + diagnosis.action


@pytest.mark.parametrize(
    ("neighbours", "confidence"), [(crowd(), 0.56), (unread(), 0.56), (crowd(complete=False), 0.56)]
)
def test_without_a_neighbour_on_line_the_cut_is_not_located(neighbours, confidence):
    diagnosis = judged(over("drop_cut", neighbours=neighbours))
    assert diagnosis.findings[0].rule == "drop_cut"
    assert (diagnosis.prelocalisation, diagnosis.scope) == (Prelocalisation.INDETERMINEE, Scope.UNKNOWN)
    assert diagnosis.confidence == confidence


def test_neighbours_of_other_pbos_locate_less_surely():
    elsewhere = crowd(neighbour(1, None), *(neighbour(n, **FAR) for n in range(20, 30)))
    assert judged(over("drop_cut", neighbours=elsewhere)).confidence == 0.68


def test_light_lost_after_a_dying_gasp_is_the_power():
    assert rule_of(over("drop_cut", {ONT_ALARMS: (OntAlarm.LOS, OntAlarm.DG)})) == "ont_power_off"


def test_alarms_alone_tell_that_an_ont_is_down():
    alone = over("drop_cut", {ONT_OPER: NOTHING, ONT_RANGING: NOTHING})
    assert rule_of(alone) == "drop_cut"


def test_an_ont_down_without_alarms_is_not_explained():
    diagnosis = judged(over("drop_cut", {ONT_ALARMS: NOTHING, ONT_LAST_CHANGE: NOTHING}))
    assert diagnosis.findings[0].rule == "ont_down_unexplained"
    assert diagnosis.result is ResultCode.UNDETERMINED
    assert diagnosis.findings[0].decider.startswith("les alarmes")
    lonely = over("drop_cut", {ONT_ALARMS: NOTHING}, neighbours=unread())
    assert rule_of(lonely) == "ont_down_unexplained"


def test_no_ont_up_is_unprovisioned_or_locked():
    assert rule_of(snapshot({ONT_PROVISIONED: False})) == "healthy"
    assert rule_of(snapshot({ONT_ADMIN: Admin.LOCKED})) == "healthy"


def test_an_ont_on_line_without_light_is_a_contradiction():
    odd = snapshot(BOX_GONE, {ONT_ALARMS: (OntAlarm.LOS,), ONT_RANGING: NOTHING})
    diagnosis = judged(odd)
    assert (diagnosis.findings[0].rule, diagnosis.result) == ("nothing_known", ResultCode.UNDETERMINED)
    assert diagnosis.findings[0].evidence_against


@pytest.mark.parametrize(
    ("ont_rx", "olt_rx", "found", "confidence"),
    [
        (-27.0, -28.0, "healthy", 0.95),
        (-27.1, -28.0, "high_attenuation", 0.72),
        (-28.6, NOTHING, "high_attenuation", 0.72),
        (-28.6, -29.9, "high_attenuation", 0.85),
    ],
)
def test_a_level_below_its_class_is_the_line(ont_rx, olt_rx, found, confidence):
    diagnosis = judged(snapshot({ONT_RX_DBM: ont_rx, OLT_RX_DBM: olt_rx}))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == (found, confidence)


def test_a_weak_transmitter_is_not_the_line():
    assert rule_of(snapshot({ONT_RX_DBM: -28.0, PON_TX_DBM: 0.0})) == "healthy"
    assert rule_of(snapshot({OLT_RX_DBM: -29.0, ONT_TX_DBM: 0.0})) == "healthy"


def test_low_levels_whose_loss_fits_the_class_are_doubtful():
    low = snapshot({ONT_RX_DBM: -27.5, OLT_RX_DBM: NOTHING, PON_TX_DBM: NOTHING, ONT_TX_DBM: NOTHING})
    assert judged(low).confidence == 0.61
    within = snapshot({ONT_RX_DBM: NOTHING, OLT_RX_DBM: -28.1, ONT_TX_DBM: -0.2 + 0.8, PON_TX_DBM: 3.4})
    assert rule_of(within) == "high_attenuation"


def test_a_session_refused_and_a_weak_line_are_both_told():
    both = over("ppp_refused", {ONT_RX_DBM: -28.6, OLT_RX_DBM: -29.9})
    assert [f.rule for f in judged(both).findings] == ["ppp_refused", "high_attenuation"]


# --- behind the ONT ----------------------------------------------------------------------------------------------


def test_a_link_down_is_the_lead_or_the_box_and_a_led_tells():
    diagnosis = judged(FAULTS["ont_box_link_down"])
    assert (diagnosis.family, diagnosis.result) == (Family.INTERNE, ResultCode.KO)
    assert diagnosis.findings[0].decider == "le voyant Alimentation de la box"
    delc = judged(replace(FAULTS["ont_box_link_down"], test=TestName.DELC))
    assert delc.findings[0].rule == "ont_box_link_down"


def test_a_live_session_over_a_link_said_down_is_a_contradiction():
    assert judged(snapshot({UNI_OPER: Oper.DOWN})).confidence == 0.42


def test_a_box_that_missed_its_informs_before_its_session_fell_had_stopped_by_itself():
    late = {SESSION_STOP_CAUSE: NOTHING, SESSION_STOPPED: NOW - timedelta(minutes=5), UNI_OPER: Oper.DOWN}
    assert rule_of(snapshot(BOX_GONE, late)) == "box_off"
    assert rule_of(snapshot(BOX_GONE, late, {BOX_INFORM_INTERVAL_S: NOTHING})) == "ont_box_link_down"


def test_the_box_off_says_its_cause_only_where_known():
    plain = snapshot(BOX_GONE, {UNI_OPER: Oper.DOWN, SESSION_STOPPED: NOW - timedelta(minutes=5)})
    assert rule_of(plain) == "box_off"
    assert not told(plain, "Cause de fin")


def test_a_link_down_with_a_box_heard_of_lately():
    recent = snapshot(BOX_GONE, {UNI_OPER: Oper.DOWN, BOX_LAST_INFORM: NOW - timedelta(minutes=30)})
    assert rule_of(recent) == "ont_box_link_down"


@pytest.mark.parametrize(("age_s", "found"), [(3599, "ppp_refused"), (3600, "ppp_refused"), (3601, "session_inactive")])
def test_a_refusal_counts_for_an_hour(age_s, found):
    layer = {AUTH_AT: NOW - timedelta(seconds=age_s), BOX_PPP_LAST_ERROR: "ERROR_NONE"}
    assert rule_of(over("ppp_refused", layer)) == found


def test_the_boxs_own_error_is_enough_for_a_refusal():
    layer = {AUTH_RESULT: NOTHING, AUTH_AT: NOTHING}
    diagnosis = judged(over("ppp_refused", layer))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("ppp_refused", 0.77)


def test_the_log_alone_is_enough_for_a_refusal():
    diagnosis = judged(over("ppp_refused", {BOX_PPP_LAST_ERROR: NOTHING, AUTH_REASON: NOTHING}))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("ppp_refused", 0.85)
    undated = without(over("ppp_refused", {BOX_PPP_LAST_ERROR: NOTHING}), AUTH_AT)
    assert rule_of(undated) == "ppp_refused"


def test_no_attempt_at_all_is_no_refusal():
    assert rule_of(over("ppp_refused", {AUTH_RESULT: NOTHING, BOX_PPP_LAST_ERROR: "ERROR_USER_DISCONNECT"})) == (
        "session_inactive"
    )


def test_a_live_session_denies_an_old_refusal():
    assert rule_of(snapshot({AUTH_RESULT: AuthResult.REJECT, AUTH_AT: NOW - timedelta(minutes=1)})) == "healthy"


def test_a_box_that_speaks_without_session_is_told_with_less_confidence():
    diagnosis = judged(snapshot({SESSION_ACTIVE: False, BOX_PPP_STATUS: PppStatus.DISCONNECTED}))
    assert (diagnosis.family, diagnosis.confidence) == (Family.OK_SESSION_INACTIVE, 0.59)
    assert "n'essaie pas" in diagnosis.interpretation


def test_a_session_closed_behind_an_unknown_box_and_the_contrary():
    unknown_box = without(GOLDEN, BOX_LAST_INFORM, BOX_REACH)
    assert judged(unknown_box).family is Family.OK_SESSION_INACTIVE
    unknown_session = without(GOLDEN, SESSION_ACTIVE)
    assert judged(unknown_session).confidence == 0.72


@pytest.mark.parametrize(("age_s", "found"), [(1800, "healthy"), (1801, "session_inactive")])
def test_a_session_without_interim_for_half_an_hour_is_not_proved(age_s, found):
    layer = {SESSION_LAST_SEEN: NOW - timedelta(seconds=age_s), SESSION_ACTIVE: True}
    assert rule_of(snapshot(BOX_GONE, layer)) == found


def test_a_box_whose_session_lives_is_never_inactive_though_the_acs_is_down():
    silent = {BOX_REACH: NOTHING, BOX_PPP_STATUS: NOTHING, BOX_LAST_INFORM: NOW - timedelta(days=2)}
    diagnosis = judged(snapshot(silent))
    assert diagnosis.family is Family.OK
    assert diagnosis.blocks[1].rows[0].value == "ACTIF"


def test_firmware_is_compared_once_decoded_and_auto_is_no_version():
    for planned in (b"HWTCA31610115", b"hwtca31610115 \x00", b"AUTO", b"DISABLED\x00", b"\x00" * 14):
        assert rule_of(snapshot({ONT_FIRMWARE_PLANNED: Firmware(planned)})) == "healthy"
    assert rule_of(snapshot({ONT_FIRMWARE_ACTIVE: Firmware(b"\x00" * 14)})) == "healthy"
    assert judged(FAULTS["firmware_differs"]).severity is Severity.WARNING


def test_a_firmware_that_differs_is_told_beside_a_fault_too():
    layer = {ONT_FIRMWARE_PLANNED: Firmware(b"OTHER")}
    assert [f.rule for f in judged(over("drop_cut", layer)).findings] == ["drop_cut", "firmware_differs"]


# --- what cannot be concluded ------------------------------------------------------------------------------------


def test_an_unreachable_olt_is_no_fault_even_with_stored_neighbours():
    stored = replace(ALL_DARK, quality=Quality.STORED)
    diagnosis = judged(over("olt_unreachable", neighbours=stored))
    assert (diagnosis.family, diagnosis.scope) == (Family.INDETERMINE, Scope.UNKNOWN)
    assert diagnosis.synthesis.startswith("Impossible de conclure")


def test_stored_states_of_an_unreachable_olt_do_not_decide():
    stored = FAULTS["drop_cut"].readings.merged(readings({OLT_REACHABLE: False}))
    old = {m: replace(r, quality=Quality.STORED) for m, r in stored.values.items() if m is not OLT_REACHABLE}
    snap = replace(FAULTS["drop_cut"], readings=replace(stored, values={**stored.values, **old}))
    assert rule_of(snap) == "olt_unreachable"


def test_an_unreachable_olt_with_a_live_session_is_ok_with_the_optics_unread():
    diagnosis = judged(over("service_proved", {BOX_REACH: NOTHING, BOX_LAST_INFORM: NOTHING}))
    assert (diagnosis.family, diagnosis.result) == (Family.OK, ResultCode.OK)
    assert any(m.what == "Mesure ONT rx" for m in diagnosis.not_measured)


def test_an_unreachable_olt_with_a_refused_session_is_the_authentication():
    layer = {AUTH_RESULT: AuthResult.REJECT, AUTH_AT: NOW - timedelta(seconds=30), SESSION_ACTIVE: False}
    assert rule_of(over("olt_unreachable", layer)) == "ppp_refused"


def test_an_unreachable_olt_whose_box_speaks_without_session():
    layer = {SESSION_ACTIVE: False, BOX_LAST_INFORM: NOW - timedelta(minutes=3)}
    diagnosis = judged(over("olt_unreachable", layer))
    assert diagnosis.family is Family.OK_SESSION_INACTIVE
    assert diagnosis.confidence < 0.4


def test_an_inform_without_known_session_proves_the_access():
    diagnosis = judged(over("olt_unreachable", {BOX_LAST_INFORM: NOW - timedelta(minutes=3)}))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("service_proved", 0.59)


def test_an_inform_older_than_the_end_of_the_session_proves_nothing():
    layer = {
        SESSION_ACTIVE: False,
        SESSION_STOPPED: NOW - timedelta(minutes=2),
        BOX_LAST_INFORM: NOW - timedelta(minutes=3),
    }
    assert rule_of(over("olt_unreachable", layer)) == "olt_unreachable"


def test_live_proof_later_than_the_fall_beats_what_the_olt_says():
    late = over("drop_cut", {SESSION_ACTIVE: True, SESSION_LAST_SEEN: FELL + timedelta(minutes=30)})
    diagnosis = judged(late)
    assert (diagnosis.family, diagnosis.severity) == (Family.OK, Severity.WARNING)
    assert diagnosis.confidence == 0.42
    assert "inventaire" in diagnosis.findings[0].decider


@pytest.mark.parametrize(("after_s", "found"), [(30, "drop_cut"), (31, "service_proved")])
def test_a_proof_must_be_later_than_the_fall_by_more_than_clocks_differ(after_s, found):
    layer = {SESSION_ACTIVE: True, SESSION_LAST_SEEN: FELL + timedelta(seconds=after_s), ONT_LAST_CHANGE: FELL}
    moved = replace(over("drop_cut", layer), at=FELL + timedelta(minutes=5))
    assert rule_of(moved) == found


def test_a_fall_of_unknown_date_is_only_denied_by_an_answer_of_the_box():
    undated = {ONT_LAST_CHANGE: NOTHING, SESSION_ACTIVE: True, SESSION_LAST_SEEN: NOW - timedelta(minutes=2)}
    assert rule_of(over("drop_cut", undated)) == "drop_cut"
    assert rule_of(over("drop_cut", {**undated, BOX_REACH: Reach.ANSWERED})) == "service_proved"
    answered = known(Reach.ANSWERED, NOW, Source())
    assert rule_of(over("drop_cut", {**undated, BOX_REACH: replace(answered, at=None)})) == "service_proved"


def test_half_of_the_reads_failing_still_gives_what_can_be_said():
    network_only = {m: r for m, r in snapshot().readings.values.items() if m.entity not in ("box", "session")}
    diagnosis = judged(replace(snapshot(), readings=replace(snapshot().readings, values=network_only)))
    assert (diagnosis.family, diagnosis.confidence) == (Family.OK, 0.69)


def test_a_recording_without_pon_mib_says_what_it_can():
    states = {CARD_OPER: Oper.UP, PON_OPER: Oper.UP, ONT_OPER: Oper.UP, ONT_ADMIN: Admin.UNLOCKED, UNI_OPER: Oper.UP}
    up = replace(nothing_read(TestName.DELC), readings=readings(values(states)))
    assert judged(up).family is Family.OK
    assert judged(up).confidence < 0.7
    down = replace(up, readings=readings({**states, ONT_OPER: Oper.DOWN}))
    assert rule_of(down) == "ont_down_unexplained"


def test_an_access_without_ont_says_so_and_still_judges_a_box_that_speaks():
    assert rule_of(replace(nothing_read(), place=None)) == "no_ont"
    assert judged(replace(FAULTS["box_alive"], place=None)).result is ResultCode.OK


def test_the_pbo_is_dark_while_the_rest_is_up_is_no_feeder():
    assert PBO_DARK.onts[0].oper is Oper.DOWN
    assert judged(FAULTS["pbo_cut"]).scope is Scope.PBO
