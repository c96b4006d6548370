"""A PPP link that came up again by itself is not the doing of an order that the box never had."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.box_actions import BoxOutcome, BoxResult
from domain.metric import Readings
from domain.metrics.box import BOX_PPP_STATUS, BOX_WAN_UPTIME_S
from domain.metrics.session import SESSION_ACTIVE, SESSION_LAST_SEEN, SESSION_STARTED, SESSION_STOPPED
from domain.reading import Source, Via, known
from domain.session_actions import SessionOutcome, SessionResult
from domain.states import PppStatus
from domain.teleaction import ActionState, LineState
from teleactions.session_effects import session_reopened
from teleactions.spec import Case
from tests.teleactions import cases

NOW = datetime(2019, 5, 9, 8, tzinfo=UTC)
CWMP = Source(Via.CWMP, "ParameterKey")
RADIUS = Source(Via.RADIUS, "accounting")


def line(up_for_s: int) -> LineState:
    status, uptime = known(PppStatus.CONNECTED, NOW, CWMP), known(up_for_s, NOW, CWMP)
    return LineState(NOW, "", "", Readings({BOX_PPP_STATUS: status, BOX_WAN_UPTIME_S: uptime}))


def case(outcome: BoxOutcome, message: str = "") -> Case:
    """Asked 30 s ago of a link that has been up for 10 s, its answer lost."""
    result = BoxResult(outcome, NOW, CWMP, message=message)
    return Case({}, NOW - timedelta(seconds=30), NOW, line(9_000), line(10), result, None, True, 60)


def test_the_box_kept_the_key_of_an_earlier_order() -> None:
    effect = session_reopened(case(BoxOutcome.FAILED, "la box ne l'a pas appliqué"))
    assert effect.state is ActionState.FAILED
    assert effect.said.fields == {"why": "la box ne l'a pas appliqué"}


@pytest.mark.parametrize("outcome", [BoxOutcome.DONE, BoxOutcome.UNKNOWN])
def test_the_box_kept_our_key_or_keeps_none(outcome: BoxOutcome) -> None:
    assert session_reopened(case(outcome)).state is ActionState.DONE


def test_nothing_was_heard_of_the_session_since() -> None:
    """The accounting of a service that was down is lost, and the box does not answer: nothing says "the same"."""
    before = replace(line(9_000), readings=Readings({SESSION_STARTED: known(NOW - timedelta(hours=3), NOW, RADIUS)}))
    late = replace(case(BoxOutcome.DONE), before=before, after=before, grace_s=10)
    assert session_reopened(late).state is ActionState.UNKNOWN
    heard = {**before.readings.values, SESSION_LAST_SEEN: known(NOW, NOW, RADIUS)}
    again = replace(late, after=replace(before, readings=Readings(heard)))
    assert session_reopened(again).state is ActionState.NO_EFFECT


def test_the_link_is_as_old_as_before_and_the_box_keeps_no_key() -> None:
    found = replace(case(BoxOutcome.UNKNOWN), after=line(9_030))
    assert session_reopened(found).state is ActionState.UNKNOWN
    assert session_reopened(replace(found, grace_s=10)).state is ActionState.NO_EFFECT


ACKED = SessionResult(SessionOutcome.DONE, cases.NOW)
UP_NOW: cases.Line = {BOX_PPP_STATUS: PppStatus.CONNECTED}
DOWN_NOW: cases.Line = {BOX_PPP_STATUS: PppStatus.CONNECTING}
OLD = cases.stored(cases.NOW - timedelta(hours=3))
RECENT = cases.stored(cases.NOW - timedelta(seconds=10))


def told(before: cases.Line, after: cases.Line) -> tuple[ActionState, str]:
    effect = session_reopened(cases.case(ACKED, before, after))
    return effect.state, effect.said.text


def test_a_box_that_is_connected_and_does_not_say_since_when_tells_no_same_session() -> None:
    assert told(UP_NOW, UP_NOW)[0] is ActionState.UNKNOWN
    aged: cases.Line = {**UP_NOW, BOX_WAN_UPTIME_S: 9000}
    assert told(UP_NOW, aged) == (ActionState.NO_EFFECT, "No effect: the PPP session is the same as before")
    heard: cases.Line = {**UP_NOW, SESSION_LAST_SEEN: RECENT}
    assert told(UP_NOW, heard)[0] is ActionState.NO_EFFECT


def test_a_link_that_was_down_and_is_down_has_not_come_up() -> None:
    assert told(DOWN_NOW, DOWN_NOW) == (ActionState.NO_EFFECT, "No effect: the PPP link has not come up")
    assert told(UP_NOW, DOWN_NOW) == (ActionState.DONE, "The PPP link went down and has not come up again")


def test_an_old_start_that_is_learnt_late_is_not_the_doing_of_the_order() -> None:
    before: cases.Line = {SESSION_STARTED: cases.stored(cases.NOW - timedelta(hours=9))}
    late: cases.Line = {SESSION_STARTED: OLD, SESSION_LAST_SEEN: RECENT}
    assert told(before, late) == (ActionState.NO_EFFECT, "No effect: no PPP session has begun since")
    new: cases.Line = {SESSION_STARTED: RECENT, SESSION_LAST_SEEN: RECENT}
    assert told(before, new) == (ActionState.DONE, "The PPP link came up again")


def test_a_session_that_ended_before_the_order_is_not_its_doing() -> None:
    before: cases.Line = {SESSION_ACTIVE: cases.stored(True)}
    ended: cases.Line = {SESSION_ACTIVE: cases.stored(False), SESSION_STOPPED: OLD, SESSION_LAST_SEEN: OLD}
    assert told(before, ended)[0] is ActionState.UNKNOWN
    since: cases.Line = {**ended, SESSION_STOPPED: RECENT, SESSION_LAST_SEEN: RECENT}
    for known_before in (before, {}):
        assert told(known_before, since) == (ActionState.DONE, "The PPP link went down and has not come up again")
