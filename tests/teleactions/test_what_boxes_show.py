"""What is told of an order to a box: what it showed and announced, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from domain.box_actions import BoxOutcome, BoxResult
from domain.metrics.box import BOX_FIRMWARE, BOX_PPP_STATUS, BOX_READMITTED_AT, BOX_UPTIME_S
from domain.metrics.session import SESSION_ACTIVE, SESSION_STARTED, SESSION_STOPPED
from domain.reading import Source, Via
from domain.states import PppStatus
from domain.teleaction import ActionState
from teleactions.effects import factory_settings, installed, readmitted, restarted
from teleactions.setting_effects import read_back, written
from tests.teleactions.cases import NOW, Line, case, line, stored

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


RADIO = "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1."
CHANNEL, KEY, SENT = f"{RADIO}Channel", f"{RADIO}KeyPassphrase", f"{RADIO}TotalPacketsSent"
BY_KEY = replace(DONE, source=Source(Via.CWMP, "ManagementServer.ParameterKey"))
DENIED = BoxResult(BoxOutcome.FAILED, NOW, BY_KEY.source, message="la box ne l'a pas appliqué")
Tree = Mapping[str, str | None]


def set_on(
    result: BoxResult, sets: Mapping[str, str], before: Tree, after: Tree, *, early: bool = False
) -> tuple[ActionState, str]:
    told = read_back(case(result, line({}, before), line({}, after), early=early, sets=sets))
    return told.state, told.said.text


def test_counters_that_move_and_names_that_were_not_read_first_are_no_new_settings() -> None:
    sets, before = {CHANNEL: "3"}, {CHANNEL: "1", SENT: "1000"}
    same = (ActionState.NO_EFFECT, "No effect: the box shows the same settings as before")
    assert set_on(DONE, sets, before, {CHANNEL: "1", SENT: "2000"}) == same
    assert set_on(DONE, sets, {CHANNEL: "1"}, {CHANNEL: "1", SENT: "2000"}) == same
    effect = read_back(case(DONE, line({}, before), line({}, {CHANNEL: "3", SENT: "2000"}), sets=sets))
    assert (effect.said.text, effect.data) == ("The box shows the new settings", {CHANNEL: "3"})


def test_a_box_that_denies_the_order_has_not_done_it_whatever_else_it_shows() -> None:
    assert set_on(DENIED, {CHANNEL: "3"}, {CHANNEL: "1"}, {CHANNEL: "6"})[0] is ActionState.FAILED


def test_a_channel_that_the_box_chose_itself_is_not_the_one_asked_for() -> None:
    sets, before, after = {CHANNEL: "3"}, {CHANNEL: "1"}, {CHANNEL: "6"}
    assert set_on(UNSURE, sets, before, after, early=True)[0] is ActionState.UNKNOWN
    assert set_on(UNSURE, sets, before, after) == (
        ActionState.NO_EFFECT,
        "No effect: the box shows other settings than those asked for",
    )
    assert set_on(DONE, sets, before, after) == (ActionState.DONE, "The box accepted the settings and shows others")


def test_a_switch_is_on_in_both_spellings() -> None:
    enable = f"{RADIO}Enable"
    assert set_on(UNSURE, {enable: "1"}, {enable: "0"}, {enable: "true"})[0] is ActionState.DONE


def test_a_box_that_is_silent_afterwards_has_not_kept_its_settings() -> None:
    for result in (DONE, UNSURE):
        assert set_on(result, {CHANNEL: "3"}, {CHANNEL: "1"}, {})[0] is ActionState.UNKNOWN


def test_a_key_alone_whose_answer_is_lost_is_neither_taken_nor_refused() -> None:
    sets, shown = {KEY: "clef-secrete"}, {CHANNEL: "1", KEY: ""}
    assert set_on(UNSURE, sets, {**shown}, {**shown})[0] is ActionState.UNKNOWN
    keeps_none = replace(UNSURE, values={KEY: ""})
    assert set_on(keeps_none, sets, {**shown}, {**shown}) == (
        ActionState.FAILED,
        "The box keeps no trace of it: whether it took it is not known, and it may be asked again",
    )
    assert set_on(BY_KEY, sets, {**shown}, {**shown}) == (
        ActionState.DONE,
        "The box accepted the new key, which it never shows",
    )


def test_a_name_that_was_so_already_says_nothing_of_the_key_set_with_it() -> None:
    name = f"{RADIO}SSID"
    sets, shown = {name: "MaBox", KEY: "clef-secrete"}, {name: "MaBox", KEY: ""}
    assert set_on(UNSURE, sets, {**shown}, {**shown})[0] is ActionState.UNKNOWN
    assert set_on(UNSURE, sets, {**shown, name: "Autre"}, {**shown})[0] is ActionState.DONE


def test_a_key_of_ours_in_the_box_says_that_it_accepted_what_it_does_not_show_yet() -> None:
    assert set_on(BY_KEY, {CHANNEL: "3"}, {CHANNEL: "1"}, {CHANNEL: "1"}) == (
        ActionState.DONE,
        "The box accepted the settings",
    )


def test_what_is_set_is_shown_and_what_is_secret_never() -> None:
    sets = {CHANNEL: "3", KEY: "clef-secrete"}
    made = case(DONE, line({}, {CHANNEL: "1"}), line({}, {CHANNEL: "3", KEY: "clef-secrete"}), sets=sets)
    assert "clef-secrete" not in repr(made) + repr(read_back(made).data)


NAME = "InternetGatewayDevice.Time.NTPServer1"


def wrote(result: BoxResult, name: str = NAME, *, early: bool = False) -> tuple[ActionState, str]:
    effect = written(case(result, {}, {}, parameters={"name": name, "value": "a"}, sets={name: "a"}, early=early))
    return effect.state, effect.said.text


def test_a_parameter_of_which_nothing_was_read_since_is_not_told_unchanged() -> None:
    assert wrote(UNSURE)[0] is ActionState.UNKNOWN
    assert wrote(replace(UNSURE, values={NAME: "b"}), early=True)[0] is ActionState.UNKNOWN
    assert wrote(replace(UNSURE, values={NAME: "b"})) == (
        ActionState.NO_EFFECT,
        "No effect: the box shows other settings than those asked for",
    )
    assert wrote(replace(UNSURE, values={NAME: "a"})) == (ActionState.DONE, "The box shows the new settings")
    assert wrote(replace(DENIED, values={NAME: "b"}))[0] is ActionState.FAILED
    assert wrote(DONE) == (ActionState.DONE, "The box accepted the value")


def test_a_secret_parameter_reads_empty_and_that_says_nothing_of_it() -> None:
    assert wrote(replace(UNSURE, values={KEY: ""}), KEY)[0] is ActionState.FAILED
    assert wrote(replace(UNSURE, values={KEY: ""}), KEY, early=True)[0] is ActionState.UNKNOWN


def firmware(result: BoxResult, before: Line, after: Line, *, early: bool = False) -> tuple[ActionState, str]:
    told = installed(case(result, before, after, parameters={"version": "2.0"}, early=early))
    return told.state, told.said.text


def test_a_firmware_that_was_never_sent_is_not_told_installed() -> None:
    unsent = BoxResult(BoxOutcome.NOT_SENT, NOW, CWMP, message="attend le prochain Inform")
    assert firmware(unsent, {BOX_FIRMWARE: "1.0"}, {BOX_FIRMWARE: "2.0"})[0] is ActionState.FAILED


def test_a_firmware_that_was_not_read_just_before_is_not_told_replaced() -> None:
    runs: Line = {BOX_FIRMWARE: "2.0"}
    assert firmware(UNSURE, {BOX_FIRMWARE: "1.0"}, runs)[1] == "Firmware {version} is installed; it was {was}"
    for before in ({}, {BOX_FIRMWARE: stored("1.0")}):
        assert firmware(UNSURE, before, runs, early=True)[0] is ActionState.UNKNOWN
        assert firmware(UNSURE, before, runs) == (ActionState.DONE, "The box runs firmware {version}")
        assert firmware(DONE, before, runs, early=True) == (ActionState.DONE, "The box runs firmware {version}")


def test_a_box_that_came_back_while_nobody_watched_need_not_be_accepted_again() -> None:
    effect = readmitted(case(UNSURE, {}, {BOX_READMITTED_AT: stored(NOW)}))
    assert (effect.state, effect.said.text) == (
        ActionState.DONE,
        "The box came with its initial secret and was accepted",
    )
    assert readmitted(case(UNSURE, {}, {BOX_READMITTED_AT: stored(NOW - HOUR)})).said.text == (
        "The initial secret of the box is not accepted now: ask again if the box does not come"
    )
