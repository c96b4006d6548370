"""What cannot be concluded, and what live proof settles."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.access import TestName
from domain.metrics.box import (
    BOX_LAST_INFORM,
    BOX_REACH,
)
from domain.metrics.olt import CARD_OPER, OLT_REACHABLE, PON_OPER
from domain.metrics.ont import (
    ONT_ADMIN,
    ONT_LAST_CHANGE,
    ONT_OPER,
    UNI_OPER,
)
from domain.metrics.session import (
    AUTH_AT,
    AUTH_RESULT,
    SESSION_ACTIVE,
    SESSION_LAST_SEEN,
    SESSION_STOPPED,
)
from domain.reading import Quality, Source, known
from domain.states import Admin, AuthResult, Oper, Reach
from domain.verdict import Family, ResultCode, Scope, Severity
from tests.diagnostics.build import (
    ALL_DARK,
    FAULTS,
    FELL,
    NOTHING,
    NOW,
    PBO_DARK,
    Values,
    judged,
    nothing_read,
    over,
    readings,
    rule_of,
    snapshot,
    values,
)


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
    layer: Values = {AUTH_RESULT: AuthResult.REJECT, AUTH_AT: NOW - timedelta(seconds=30), SESSION_ACTIVE: False}
    assert rule_of(over("olt_unreachable", layer)) == "ppp_refused"


def test_an_unreachable_olt_whose_box_speaks_without_session():
    layer: Values = {SESSION_ACTIVE: False, BOX_LAST_INFORM: NOW - timedelta(minutes=3)}
    diagnosis = judged(over("olt_unreachable", layer))
    assert diagnosis.family is Family.OK_SESSION_INACTIVE
    assert diagnosis.confidence < 0.5


def test_an_inform_without_known_session_proves_the_access():
    diagnosis = judged(over("olt_unreachable", {BOX_LAST_INFORM: NOW - timedelta(minutes=3)}))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("service_proved", 0.7)


def test_an_inform_older_than_the_end_of_the_session_proves_nothing():
    layer: Values = {
        SESSION_ACTIVE: False,
        SESSION_STOPPED: NOW - timedelta(minutes=2),
        BOX_LAST_INFORM: NOW - timedelta(minutes=3),
    }
    assert rule_of(over("olt_unreachable", layer)) == "olt_unreachable"


def test_live_proof_later_than_the_fall_beats_what_the_olt_says():
    late = over("drop_cut", {SESSION_ACTIVE: True, SESSION_LAST_SEEN: FELL + timedelta(minutes=30)})
    diagnosis = judged(late)
    assert (diagnosis.family, diagnosis.severity) == (Family.OK, Severity.WARNING)
    assert diagnosis.confidence == 0.47
    assert "inventaire" in (diagnosis.findings[0].decider or "")


@pytest.mark.parametrize(("after_s", "found"), [(30, "drop_cut"), (31, "service_proved")])
def test_a_proof_must_be_later_than_the_fall_by_more_than_clocks_differ(after_s, found):
    layer: Values = {SESSION_ACTIVE: True, SESSION_LAST_SEEN: FELL + timedelta(seconds=after_s), ONT_LAST_CHANGE: FELL}
    moved = replace(over("drop_cut", layer), at=FELL + timedelta(minutes=5))
    assert rule_of(moved) == found


def test_a_fall_of_unknown_date_is_only_denied_by_an_answer_of_the_box():
    undated: Values = {ONT_LAST_CHANGE: NOTHING, SESSION_ACTIVE: True, SESSION_LAST_SEEN: NOW - timedelta(minutes=2)}
    assert rule_of(over("drop_cut", undated)) == "drop_cut"
    assert rule_of(over("drop_cut", {**undated, BOX_REACH: Reach.ANSWERED})) == "service_proved"
    answered = known(Reach.ANSWERED, NOW, Source())
    assert rule_of(over("drop_cut", {**undated, BOX_REACH: replace(answered, at=None)})) == "service_proved"


def test_half_of_the_reads_failing_still_gives_what_can_be_said():
    network_only = {m: r for m, r in snapshot().readings.values.items() if m.entity not in ("box", "session")}
    diagnosis = judged(replace(snapshot(), readings=replace(snapshot().readings, values=network_only)))
    assert (diagnosis.family, diagnosis.confidence) == (Family.OK, 0.77)


def test_a_recording_without_pon_mib_says_what_it_can():
    states: Values = {
        CARD_OPER: Oper.UP,
        PON_OPER: Oper.UP,
        ONT_OPER: Oper.UP,
        ONT_ADMIN: Admin.UNLOCKED,
        UNI_OPER: Oper.UP,
    }
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
