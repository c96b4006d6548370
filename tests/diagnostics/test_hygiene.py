"""Values that physics, time or sentinels exclude become missing, with the reason, and never decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from diagnostics.hygiene import clean, olt_unreachable
from domain.metrics.box import BOX_FIRMWARE, BOX_INFORM_INTERVAL_S, BOX_LAST_INFORM, BOX_PPP_STATUS, BOX_REACH
from domain.metrics.olt import OLT_REACHABLE, PON_LAST_CHANGE, PON_TX_DBM
from domain.metrics.ont import (
    OLT_RX_DBM,
    ONT_DISTANCE_M,
    ONT_ERRORS_UP,
    ONT_LAST_CHANGE,
    ONT_OPER,
    ONT_RX_DBM,
    ONT_SERIAL,
    ONT_TX_DBM,
)
from domain.metrics.session import SESSION_LAST_SEEN
from domain.reading import Quality, Reading, Reason, Source, known
from domain.snapshot import Outcome, SourceKind, SourceReport
from domain.states import Oper, PppStatus, Reach
from domain.verdict import Family
from tests.diagnostics.build import (
    FELL,
    GOLDEN,
    NOTHING,
    NOW,
    Values,
    judged,
    nothing_read,
    rule_of,
    rules,
    snapshot,
    unread,
)

T = rules().thresholds


def reason(metric, *layers):
    found, refusals = clean(snapshot(*layers), T)
    assert (found[metric].reason is not None) == (metric in {r.metric for r in refusals})
    return found[metric].reason


def aged(value, seconds, quality=Quality.LIVE):
    return known(value, NOW - timedelta(seconds=seconds), Source(), quality)


@pytest.mark.parametrize(
    ("level", "why"),
    [
        (-3276.7, Reason.OUT_OF_RANGE),
        (-100.1, Reason.OUT_OF_RANGE),
        (-100.0, Reason.NO_READING),
        (-45.1, Reason.NO_READING),
        (-45.0, Reason.NO_READING),
        (-40.0, Reason.NO_READING),
        (-39.9, Reason.OUT_OF_RANGE),
        (-36.1, Reason.OUT_OF_RANGE),
        (-36.0, None),
        (3.4, Reason.OUT_OF_RANGE),
        (10.1, Reason.OUT_OF_RANGE),
        (2147483647.0, Reason.NO_READING),
        (32767.0, Reason.NO_READING),
        (32766.9, Reason.OUT_OF_RANGE),
        (-3276.8, Reason.OUT_OF_RANGE),
        (float("nan"), Reason.OUT_OF_RANGE),
    ],
)
def test_a_level_received_beyond_what_exists_is_refused(level, why):
    assert reason(ONT_RX_DBM, {ONT_RX_DBM: level}) is why
    assert reason(OLT_RX_DBM, {OLT_RX_DBM: level, ONT_TX_DBM: NOTHING}) is why


@pytest.mark.parametrize(
    ("level", "why"), [(-10.1, Reason.OUT_OF_RANGE), (-10.0, None), (12.0, None), (12.1, Reason.OUT_OF_RANGE)]
)
def test_a_level_sent_beyond_what_exists_is_refused(level, why):
    layer = {PON_TX_DBM: level, ONT_TX_DBM: level, ONT_RX_DBM: NOTHING, OLT_RX_DBM: NOTHING}
    assert reason(PON_TX_DBM, layer) is why
    assert reason(ONT_TX_DBM, layer) is why


def test_a_level_received_above_the_level_sent_at_the_other_end_is_refused():
    weak = {PON_TX_DBM: -6.0, ONT_TX_DBM: -6.0}
    assert reason(ONT_RX_DBM, weak, {ONT_RX_DBM: -5.9, OLT_RX_DBM: NOTHING}) is Reason.OUT_OF_RANGE
    assert reason(ONT_RX_DBM, weak, {ONT_RX_DBM: -6.0, OLT_RX_DBM: NOTHING}) is None
    assert reason(OLT_RX_DBM, weak, {OLT_RX_DBM: -5.9, ONT_RX_DBM: NOTHING}) is Reason.OUT_OF_RANGE


def test_a_loss_below_what_splitters_take_is_refused_unless_both_directions_tell_it():
    assert reason(ONT_RX_DBM, {ONT_RX_DBM: -8.6}) is Reason.OUT_OF_RANGE
    assert reason(ONT_RX_DBM, {ONT_RX_DBM: -8.7}) is None
    assert reason(ONT_RX_DBM, {ONT_RX_DBM: -6.0, OLT_RX_DBM: -7.0}) is None


def test_a_sentinel_never_makes_a_line_faulty():
    assert judged(snapshot({ONT_RX_DBM: -40.0, OLT_RX_DBM: -3276.8})).family is Family.OK


def test_negative_counters_and_impossible_distances_are_refused():
    assert reason(ONT_ERRORS_UP, {ONT_ERRORS_UP: -1}) is Reason.OUT_OF_RANGE
    assert reason(ONT_DISTANCE_M, {ONT_DISTANCE_M: 65534.0}) is Reason.NO_READING
    assert reason(ONT_DISTANCE_M, {ONT_DISTANCE_M: 60000.0}) is None


@pytest.mark.parametrize(("ahead_s", "why"), [(119, None), (120, None), (121, Reason.CLOCK)])
def test_an_instant_in_the_future_is_refused_beyond_the_slack_of_clocks(ahead_s, why):
    ahead = NOW + timedelta(seconds=ahead_s)
    assert reason(BOX_LAST_INFORM, {BOX_LAST_INFORM: ahead}) is why
    assert reason(SESSION_LAST_SEEN, {SESSION_LAST_SEEN: ahead}) is why


def test_an_instant_without_time_zone_is_refused():
    assert reason(BOX_LAST_INFORM, {BOX_LAST_INFORM: NOW.replace(tzinfo=None)}) is Reason.MALFORMED


@pytest.mark.parametrize(("age_s", "why"), [(899, None), (900, None), (901, Reason.STALE)])
def test_a_live_reading_is_good_for_15_minutes(age_s, why):
    assert reason(ONT_OPER, {ONT_OPER: aged(Oper.UP, age_s)}) is why
    assert reason(ONT_RX_DBM, {ONT_RX_DBM: aged(-19.0, age_s)}) is why
    assert reason(BOX_REACH, {BOX_REACH: aged(Reach.ANSWERED, age_s)}) is why


@pytest.mark.parametrize(("age_s", "why"), [(599, None), (600, None), (601, Reason.STALE)])
def test_a_stored_state_is_good_for_two_polling_periods(age_s, why):
    assert reason(ONT_OPER, {ONT_OPER: aged(Oper.UP, age_s, Quality.STORED)}) is why


def test_an_identity_does_not_age_and_neither_does_a_reading_without_instant():
    serial = snapshot().readings[ONT_SERIAL].value
    assert reason(ONT_SERIAL, {ONT_SERIAL: aged(serial, 10**7, Quality.STORED)}) is None
    assert reason(ONT_OPER, {ONT_OPER: Reading(Oper.UP, None, None)}) is None
    assert reason(ONT_RX_DBM, {ONT_RX_DBM: Reading(-19.0, None, None)}) is None


@pytest.mark.parametrize(("age_s", "why"), [(59, None), (60, None), (61, Reason.STALE)])
def test_optics_older_than_the_last_change_of_state_are_refused(age_s, why):
    changed = NOW - timedelta(seconds=60)
    assert reason(ONT_RX_DBM, {ONT_RX_DBM: aged(-19.0, age_s), ONT_LAST_CHANGE: changed}) is why
    assert reason(PON_TX_DBM, {PON_TX_DBM: aged(3.0, age_s), PON_LAST_CHANGE: changed}) is why


def test_perfect_levels_from_before_the_cut_do_not_hide_it():
    old = {m: aged(-19.0, 3 * 86400, Quality.STORED) for m in (ONT_RX_DBM, OLT_RX_DBM)}
    cut = snapshot({ONT_OPER: Oper.DOWN, ONT_LAST_CHANGE: FELL, BOX_REACH: Reach.SILENT}, old)
    listed = {m.what: m.why for m in judged(cut).not_measured}
    assert listed["Mesure ONT rx"].startswith("valeur trop ancienne")


def test_a_silent_box_no_longer_says_how_its_session_is():
    connected = aged(PppStatus.CONNECTED, 93000, Quality.STORED)
    stored = replace(GOLDEN, readings=GOLDEN.readings.merged(snapshot({BOX_PPP_STATUS: connected}).readings))
    layer = {BOX_PPP_STATUS: connected, BOX_LAST_INFORM: NOW - timedelta(seconds=93000)}
    assert reason(BOX_PPP_STATUS, layer) is Reason.STALE
    assert reason(BOX_PPP_STATUS, layer, {BOX_INFORM_INTERVAL_S: NOTHING}) is Reason.STALE
    assert stored.readings.value(BOX_FIRMWARE) == "9.29.65_F5350_Box"


def test_an_olt_is_unreachable_when_it_was_found_so_or_every_request_failed():
    failed = SourceReport(SourceKind.OLT_SNMP, Outcome.FAILED, Reason.TIMEOUT)
    assert olt_unreachable(snapshot({OLT_REACHABLE: False}))
    assert not olt_unreachable(snapshot())
    assert olt_unreachable(replace(nothing_read(), sources=(failed,)))
    assert not olt_unreachable(replace(nothing_read(), sources=(replace(failed, kind=SourceKind.BOX),)))
    assert rule_of(replace(nothing_read(), sources=(failed,))) == "olt_unreachable"


def test_stored_states_of_an_unreachable_olt_are_not_the_present():
    found, _ = clean(snapshot({OLT_REACHABLE: False, ONT_OPER: aged(Oper.DOWN, 10, Quality.STORED)}), T)
    assert found[ONT_OPER].reason is Reason.STALE
    assert unread().onts == ()


def test_a_clock_that_ran_on_during_the_test_does_not_age_what_the_test_read():
    read_at_the_start: Values = {ONT_OPER: aged(Oper.UP, 10_000), BOX_REACH: aged(Reach.SILENT, 9_990)}
    long = replace(snapshot(read_at_the_start), began_at=NOW - timedelta(seconds=10_005))
    found, _ = clean(long, T)
    assert found[ONT_OPER].value is Oper.UP
    assert found[BOX_REACH].value is Reach.SILENT
    kept = replace(
        snapshot({ONT_OPER: aged(Oper.UP, 10_000, Quality.STORED)}), began_at=NOW - timedelta(seconds=10_005)
    )
    assert clean(kept, T)[0][ONT_OPER].reason is Reason.STALE
