"""A PPP link that came up again by itself is not the doing of an order that the box never had."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.box_actions import BoxOutcome, BoxResult
from domain.metric import Readings
from domain.metrics.box import BOX_PPP_STATUS, BOX_WAN_UPTIME_S
from domain.metrics.session import SESSION_LAST_SEEN, SESSION_STARTED
from domain.reading import Source, Via, known
from domain.states import PppStatus
from domain.teleaction import ActionState, LineState
from teleactions.session_effects import session_reopened
from teleactions.spec import Case

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
