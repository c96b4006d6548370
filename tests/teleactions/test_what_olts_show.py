"""What is told of an order to an OLT: what it showed afterwards, what it answered, and no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.identifiers import Firmware
from domain.metric import Metric, Readings
from domain.metrics.box import BOX_PPP_STATUS, BOX_WAN_UPTIME_S
from domain.metrics.ont import (
    ONT_ADMIN,
    ONT_FIRMWARE_ACTIVE,
    ONT_FIRMWARE_PLANNED,
    ONT_LAST_CHANGE,
    ONT_OPER,
    UNI_ADMIN,
    UNI_OPER,
)
from domain.metrics.session import SESSION_ACTIVE, SESSION_STARTED
from domain.olt_actions import OltOutcome, OltResult
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.states import Admin, Oper, PppStatus
from domain.teleaction import ActionState
from teleactions.olt_effects import firmware_planned, olt_state, ont_restarted, provisioned_again
from tests.teleactions.cases import ACTED, NOW, Line, case, stored

HOUR = timedelta(hours=1)
SNMP = Source(Via.SNMP, "1.3.6.1")
DONE, UNKNOWN = OltOutcome.DONE, OltOutcome.UNKNOWN
OPEN, SHUT, UP, DOWN = Admin.UNLOCKED, Admin.LOCKED, Oper.UP, Oper.DOWN


def states(found: Line) -> Readings:
    read: dict[Metric[Any], Reading[Any]] = {
        metric: value if isinstance(value, Reading) else known(value, NOW, SNMP) for metric, value in found.items()
    }
    return Readings(read)


def result(outcome: OltOutcome, before: Line, after: Line, *, proved: bool = False) -> OltResult:
    return OltResult(outcome, NOW, SNMP, proved, states(before), states(after))


def test_an_order_that_the_olt_accepted_and_that_was_not_read_afterwards_has_not_failed() -> None:
    silent = result(DONE, {ONT_ADMIN: OPEN}, {})
    assert olt_state(case(silent, {}, {})).state is ActionState.UNKNOWN
    late = result(DONE, {ONT_ADMIN: OPEN}, {ONT_ADMIN: missing(Reason.TIMEOUT), ONT_OPER: UP})
    assert olt_state(case(late, {}, {})).state is ActionState.UNKNOWN
    contrary = result(DONE, {ONT_ADMIN: OPEN}, {ONT_ADMIN: OPEN})
    assert olt_state(case(contrary, {}, {})).state is ActionState.FAILED


def test_an_olt_that_never_shows_what_was_set_is_told_by_its_answer() -> None:
    read: Line = {UNI_OPER: UP, UNI_ADMIN: missing(Reason.NOT_SUPPORTED)}
    effect = olt_state(case(result(DONE, {}, read), {}, {}))
    assert (effect.state, effect.said.text) == (ActionState.DONE, "The OLT accepted it")
    lost = case(result(UNKNOWN, {}, read), {}, {}, early=True)
    assert olt_state(lost).state is ActionState.UNKNOWN
    effect = olt_state(case(result(UNKNOWN, {}, read), {}, {}))
    assert effect.said.text == "Whether the OLT applied it is not known, and it may be asked again"


def test_a_lost_order_that_the_olt_does_not_show_frees_the_line_once_it_would_show() -> None:
    lost = result(UNKNOWN, {}, {ONT_ADMIN: OPEN})
    assert olt_state(case(lost, {}, {}, early=True)).state is ActionState.UNKNOWN
    assert olt_state(case(lost, {}, {})).state is ActionState.NO_EFFECT


def test_a_port_without_cable_that_is_opened_was_not_open_already() -> None:
    no_link: Line = {UNI_OPER: DOWN}
    assert olt_state(case(result(DONE, no_link, no_link, proved=True), {}, {})).state is ActionState.DONE


def test_the_second_port_of_an_ont_is_not_judged_by_the_first() -> None:
    first: Line = {UNI_ADMIN: SHUT}
    for proved, text in ((True, "The OLT shows the new state"), (False, "The OLT accepted it")):
        effect = olt_state(case(result(DONE, first, first, proved=proved), {}, {}, parameters={"on": False, "port": 2}))
        assert (effect.state, effect.said.text, effect.data) == (ActionState.DONE, text, {})


def test_an_interrupted_order_for_what_was_so_already_is_seen_from_the_test_before() -> None:
    found = result(DONE, {}, {ONT_ADMIN: OPEN}, proved=True)
    assert olt_state(case(found, {ONT_ADMIN: OPEN}, {})).state is ActionState.NO_EFFECT
    assert olt_state(case(found, {ONT_ADMIN: SHUT}, {})).state is ActionState.DONE


def test_a_configuration_sent_again_is_told_by_the_answer_of_the_olt() -> None:
    effect = provisioned_again(case(result(DONE, {}, {ONT_OPER: UP}), {}, {}))
    assert (effect.state, effect.said.text) == (ActionState.DONE, "The OLT accepted it")
    assert provisioned_again(case(result(UNKNOWN, {}, {}), {}, {}, early=True)).state is ActionState.UNKNOWN
    assert provisioned_again(case(result(UNKNOWN, {}, {}), {}, {})).state is ActionState.FAILED


ANSWERED = result(DONE, {}, {})


def test_a_session_that_came_up_does_not_make_an_ont_that_never_fell_restart() -> None:
    same: Line = {ONT_OPER: UP, ONT_LAST_CHANGE: NOW - HOUR}
    assert ont_restarted(case(ANSWERED, same, same, heard=NOW)).state is ActionState.NO_EFFECT
    fell: Line = {ONT_OPER: UP, ONT_LAST_CHANGE: ACTED + timedelta(seconds=40)}
    assert ont_restarted(case(ANSWERED, same, fell)).state is ActionState.DONE


def test_an_olt_whose_clock_is_an_hour_late_shows_a_restart_all_the_same() -> None:
    before: Line = {ONT_OPER: UP, ONT_LAST_CHANGE: NOW - 9 * HOUR}
    after: Line = {ONT_OPER: UP, ONT_LAST_CHANGE: NOW - HOUR}
    assert ont_restarted(case(ANSWERED, before, after)).state is ActionState.DONE


@pytest.mark.parametrize("metric", [ONT_OPER, ONT_LAST_CHANGE])
def test_an_olt_that_was_not_read_does_not_say_that_the_ont_has_not_restarted(metric: Metric[Any]) -> None:
    before: Line = {ONT_OPER: UP, ONT_LAST_CHANGE: NOW - HOUR}
    kept: Line = {**before, metric: stored(before[metric])}
    lost: Line = {**before, metric: missing(Reason.TIMEOUT)}
    assert ont_restarted(case(ANSWERED, before, before)).state is ActionState.NO_EFFECT
    for after in (kept, lost):
        assert ont_restarted(case(ANSWERED, before, after)).state is ActionState.UNKNOWN


def test_an_olt_that_keeps_no_last_change_is_told_by_its_answer() -> None:
    after: Line = {ONT_OPER: UP}
    assert ont_restarted(case(ANSWERED, after, after)).said.text == "The OLT accepted it"
    assert ont_restarted(case(result(UNKNOWN, {}, {}), after, after)).state is ActionState.FAILED
    assert ont_restarted(case(ANSWERED, after, after, heard=NOW)).said.text == "The ONT restarted and is in service"


def test_a_ppp_link_that_outlived_the_restart_of_the_ont_did_not_come_up_again() -> None:
    fell: Line = {ONT_OPER: UP, ONT_LAST_CHANGE: ACTED + timedelta(seconds=40)}
    box: Line = {**fell, BOX_PPP_STATUS: PppStatus.CONNECTED, BOX_WAN_UPTIME_S: 9000}
    assert ont_restarted(case(ANSWERED, {}, box)).said.text == "The ONT restarted and is in service"
    old: Line = {**fell, SESSION_ACTIVE: stored(True), SESSION_STARTED: stored(NOW - HOUR)}
    assert ont_restarted(case(ANSWERED, {}, old)).said.text == "The ONT restarted and is in service"
    new: Line = {**fell, SESSION_ACTIVE: stored(True), SESSION_STARTED: stored(NOW)}
    assert ont_restarted(case(ANSWERED, {}, new)).said.text == "The ONT restarted; the PPP link came up again"


def test_a_firmware_that_was_not_read_now_is_not_told_to_run_still() -> None:
    old, planned = Firmware.parse("3FE46398AFGA90"), Firmware.parse("3FE46398BFGB11")
    read: Line = {ONT_OPER: UP, ONT_FIRMWARE_ACTIVE: old, ONT_FIRMWARE_PLANNED: planned}
    assert firmware_planned(case(ANSWERED, read, read)).state is ActionState.NO_EFFECT
    kept: Line = {**read, ONT_FIRMWARE_ACTIVE: known(old, ACTED, SNMP, Quality.STORED)}
    assert firmware_planned(case(ANSWERED, read, kept)).state is ActionState.UNKNOWN
