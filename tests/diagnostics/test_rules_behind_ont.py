"""Faults behind the ONT: the link, the box, the session, the firmware."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.access import TestName
from domain.identifiers import Firmware
from domain.metrics.box import (
    BOX_INFORM_INTERVAL_S,
    BOX_LAST_INFORM,
    BOX_PPP_LAST_ERROR,
    BOX_PPP_STATUS,
    BOX_REACH,
)
from domain.metrics.ont import (
    ONT_FIRMWARE_ACTIVE,
    ONT_FIRMWARE_PLANNED,
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
from domain.states import AuthResult, Oper, PppStatus, Reach
from domain.verdict import Family, ResultCode, Severity
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
    without,
)


def test_a_link_down_is_the_lead_or_the_box_and_a_led_tells():
    diagnosis = judged(FAULTS["ont_box_link_down"])
    assert (diagnosis.family, diagnosis.result) == (Family.INTERNE, ResultCode.KO)
    assert diagnosis.findings[0].decider == "le voyant Alimentation de la box"
    delc = judged(replace(FAULTS["ont_box_link_down"], test=TestName.DELC))
    assert delc.findings[0].rule == "ont_box_link_down"


def test_a_live_session_over_a_link_said_down_is_a_contradiction():
    assert judged(snapshot({UNI_OPER: Oper.DOWN})).confidence == 0.52


def test_a_box_that_missed_its_informs_before_its_session_fell_had_stopped_by_itself():
    late: Values = {SESSION_STOP_CAUSE: NOTHING, SESSION_STOPPED: NOW - timedelta(minutes=5), UNI_OPER: Oper.DOWN}
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
    layer: Values = {AUTH_AT: NOW - timedelta(seconds=age_s), BOX_PPP_LAST_ERROR: "ERROR_NONE"}
    assert rule_of(over("ppp_refused", layer)) == found


def test_the_boxs_own_error_is_enough_for_a_refusal():
    layer: Values = {AUTH_RESULT: NOTHING, AUTH_AT: NOTHING}
    diagnosis = judged(over("ppp_refused", layer))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("ppp_refused", 0.86)


def test_the_log_alone_is_enough_for_a_refusal():
    diagnosis = judged(over("ppp_refused", {BOX_PPP_LAST_ERROR: NOTHING, AUTH_REASON: NOTHING}))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("ppp_refused", 0.93)
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
    assert (diagnosis.family, diagnosis.confidence) == (Family.OK_SESSION_INACTIVE, 0.68)
    assert "n'essaie pas" in diagnosis.interpretation


def test_a_session_closed_behind_an_unknown_box_and_the_contrary():
    unknown_box = without(GOLDEN, BOX_LAST_INFORM, BOX_REACH)
    assert judged(unknown_box).family is Family.OK_SESSION_INACTIVE
    unknown_session = without(GOLDEN, SESSION_ACTIVE)
    assert judged(unknown_session).confidence == 0.87


@pytest.mark.parametrize(("age_s", "found"), [(1800, "healthy"), (1801, "session_inactive")])
def test_a_session_without_interim_for_half_an_hour_is_not_proved(age_s, found):
    layer: Values = {SESSION_LAST_SEEN: NOW - timedelta(seconds=age_s), SESSION_ACTIVE: True}
    assert rule_of(snapshot(BOX_GONE, layer)) == found


def test_a_box_whose_session_lives_is_never_inactive_though_the_acs_is_down():
    silent: Values = {BOX_REACH: NOTHING, BOX_PPP_STATUS: NOTHING, BOX_LAST_INFORM: NOW - timedelta(days=2)}
    diagnosis = judged(snapshot(silent))
    assert diagnosis.family is Family.OK
    assert diagnosis.blocks[1].rows[0].value == "ACTIF"


def test_a_box_that_has_just_stopped_answering_is_not_yet_inactive_and_is_told_all_the_same():
    just_hung: Values = {BOX_REACH: Reach.SILENT, BOX_PPP_STATUS: NOTHING, BOX_LAST_INFORM: NOW - timedelta(seconds=60)}
    diagnosis = judged(snapshot(just_hung))
    assert (diagnosis.family, diagnosis.confidence) == (Family.OK, 0.57)
    (finding,) = diagnosis.findings
    assert [told.text for told in finding.evidence_against] == ["La box n'a pas répondu à la demande de connexion."]
    assert finding.decider == "le voyant Alimentation de la box"
    closed = judged(snapshot(just_hung, {SESSION_ACTIVE: False})).findings[0]
    assert closed.rule == "session_inactive"
    assert "La box n'a pas répondu à la demande de connexion." in [told.text for told in closed.evidence_for]


def test_firmware_is_compared_once_decoded_and_auto_is_no_version():
    for planned in (b"HWTCA31610115", b"hwtca31610115 \x00", b"AUTO", b"DISABLED\x00", b"\x00" * 14):
        assert rule_of(snapshot({ONT_FIRMWARE_PLANNED: Firmware(planned)})) == "healthy"
    assert rule_of(snapshot({ONT_FIRMWARE_ACTIVE: Firmware(b"\x00" * 14)})) == "healthy"
    assert judged(FAULTS["firmware_differs"]).severity is Severity.WARNING


def test_a_firmware_that_differs_is_told_beside_a_fault_too():
    layer: Values = {ONT_FIRMWARE_PLANNED: Firmware(b"OTHER")}
    assert [f.rule for f in judged(over("drop_cut", layer)).findings] == ["drop_cut", "firmware_differs"]
