"""What is told of an order to a box: what it showed and announced, and no more."""

from __future__ import annotations

from datetime import timedelta

from domain.box_actions import BoxOutcome, BoxResult
from domain.metrics.box import BOX_PPP_STATUS, BOX_UPTIME_S
from domain.metrics.session import SESSION_ACTIVE, SESSION_STARTED, SESSION_STOPPED
from domain.reading import Source, Via
from domain.states import PppStatus
from domain.teleaction import ActionState
from teleactions.effects import factory_settings, restarted
from tests.teleactions.cases import NOW, Line, case, stored

CWMP = Source(Via.CWMP, "answer")
UNSURE = BoxResult(BoxOutcome.UNKNOWN, NOW, CWMP)
DONE = BoxResult(BoxOutcome.DONE, NOW, CWMP)
HOUR = timedelta(hours=1)


def test_a_session_that_came_up_does_not_make_a_box_that_has_run_for_an_hour_restart() -> None:
    old: Line = {BOX_UPTIME_S: 3600, BOX_PPP_STATUS: PppStatus.CONNECTED}
    for effect in (restarted, factory_settings):
        assert effect(case(UNSURE, old, old, heard=NOW)).state is ActionState.NO_EFFECT
        assert effect(case(UNSURE, old, old, heard=NOW, early=True)).state is ActionState.UNKNOWN
        assert effect(case(UNSURE, old, {BOX_UPTIME_S: 30}, heard=NOW)).state is ActionState.DONE
        assert effect(case(UNSURE, old, {}, heard=NOW)).state is ActionState.DONE


def test_a_restart_that_the_box_cannot_do_has_failed_and_keeps_no_line_busy() -> None:
    unable = BoxResult(BoxOutcome.FAILED, NOW, CWMP, message="action non prise en charge")
    assert restarted(case(unable, {}, {}, early=True)).state is ActionState.FAILED


def test_what_radius_said_before_the_restart_tells_nothing_of_the_link_after_it() -> None:
    fresh: Line = {BOX_UPTIME_S: 30, SESSION_ACTIVE: stored(True), SESSION_STARTED: stored(NOW - HOUR)}
    assert restarted(case(DONE, {}, fresh)).said.text == "The box restarted"
    ended: Line = {BOX_UPTIME_S: 30, SESSION_ACTIVE: stored(False), SESSION_STOPPED: stored(NOW - HOUR)}
    effect = restarted(case(DONE, {SESSION_ACTIVE: stored(True)}, ended))
    assert (effect.said.text, effect.healthy) == ("The box restarted", True)
    again = restarted(case(DONE, {}, {**fresh, SESSION_STARTED: stored(NOW)}))
    assert again.said.text == "The box restarted; the PPP link came up again"
    cut = restarted(case(DONE, {}, {**ended, SESSION_STOPPED: stored(NOW)}))
    assert (cut.said.text, cut.healthy) == ("The box restarted; the PPP link has not come up", False)
