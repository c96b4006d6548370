"""How an effect on a box is told: pure functions of what was read before and after, and of what was heard in between.

Those on PPP sessions and on OLTs are in `teleactions.session_effects` and `teleactions.olt_effects`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from domain.box_actions import OPEN_UNTIL, BoxOutcome, BoxResult
from domain.clock import PARIS
from domain.metrics.box import (
    BOX_FIRMWARE,
    BOX_PPP_STATUS,
    BOX_REACH,
    BOX_READMITTED_AT,
    BOX_UPTIME_S,
    BOX_WAN_UPTIME_S,
)
from domain.metrics.session import SESSION_ACTIVE, SESSION_STARTED, SESSION_STOPPED
from domain.olt_actions import OltOutcome, OltResult
from domain.reading import Quality
from domain.session_actions import SessionOutcome, SessionResult
from domain.states import PppStatus, Reach
from domain.teleaction import ActionState, Effect, LineState, Sentence, Value, masked_value
from teleactions.spec import Case

SLACK = timedelta(seconds=5)
"""C: a box tells its uptime in whole seconds, and takes some to answer."""


def done(text: str, *, healthy: bool = True, data: Mapping[str, str | None] | None = None, **fields: Value) -> Effect:
    """It changed something."""
    return Effect(ActionState.DONE, Sentence(text, fields), healthy, data or {})


def nothing(text: str, **fields: Value) -> Effect:
    """It changed nothing."""
    return Effect(ActionState.NO_EFFECT, Sentence(text, fields))


def failed(text: str, **fields: Value) -> Effect:
    """It could not be done."""
    return Effect(ActionState.FAILED, Sentence(text, fields), healthy=False)


def unknown(text: str, **fields: Value) -> Effect:
    """Nothing tells yet."""
    return Effect(ActionState.UNKNOWN, Sentence(text, fields), healthy=False)


def not_done(case: Case) -> Effect | None:
    """What the box, the OLT or the BRAS said when it did not do it; ``None`` when it did, or may have."""
    result = case.result
    if isinstance(result, BoxResult):
        return _box_not_done(result)
    if isinstance(result, OltResult):
        if result.outcome is OltOutcome.REFUSED:
            fault = result.fault
            return failed(
                "The OLT refused it: {fault}", fault="" if fault is None else f"{fault.code} {fault.text}".strip()
            )
        if result.outcome is OltOutcome.NOT_SENT:
            return failed("The OLT could not be reached: nothing was sent")
    return _nas_not_done(result) if isinstance(result, SessionResult) else None


def _nas_not_done(result: SessionResult) -> Effect | None:
    if result.outcome is SessionOutcome.REFUSED:
        return failed("The BRAS refused it: cause {cause}", cause=result.error_cause or 0)
    if result.outcome is SessionOutcome.NOT_SENT:
        return failed("The BRAS could not be reached: nothing was sent")
    return None


def _box_not_done(result: BoxResult) -> Effect | None:
    if result.outcome is BoxOutcome.NOT_SENT:
        return failed("The box could not be reached: nothing was sent. {wait}", wait=result.message)
    if result.outcome is BoxOutcome.FAILED and result.fault is not None:
        if result.message:
            return failed("The box did not do it: {why}", why=result.message)
        return failed("The box refused it: fault {code} {words}", code=result.fault.code, words=result.fault.text)
    return None


def denied(case: Case) -> Effect | None:
    """What settling found: the last key that the box was given is another one."""
    result = case.result
    if isinstance(result, BoxResult) and result.outcome is BoxOutcome.FAILED:
        return failed("The box did not do it: {why}", why=result.message)
    return None


def accepted(case: Case) -> bool:
    """Whether the box says that it did it."""
    return isinstance(case.result, BoxResult) and case.result.outcome is BoxOutcome.DONE


def restarted(case: Case, told: Callable[[Case], Effect] | None = None) -> Effect:
    """The box has started since: its uptime says so, or the event that it announced.

    A session that came up since proves it only where no uptime, told live, says that the box started before.
    """
    refused = not_done(case) or denied(case)
    if refused is not None:
        return refused
    since = booted_at(case.after)
    again = case.heard is not None if since is None else since >= case.acting_at - SLACK
    if again or accepted(case):
        return told(case) if told is not None else _session_after(case, "restarted")
    if since is None or not case.overdue:
        return unknown("It is not known yet whether the box restarted")
    return nothing("No effect: the box has not restarted")


def booted_at(line: LineState) -> datetime | None:
    """When the box started, from the uptime that it told live; ``None`` when it did not."""
    uptime = line.readings[BOX_UPTIME_S]
    if uptime.value is None or uptime.at is None or uptime.quality is not Quality.LIVE:
        return None
    return uptime.at - timedelta(seconds=uptime.value)


def connected_since(line: LineState) -> datetime | None:
    """Since when the PPP link is up, as the box told it live; ``None`` when it did not."""
    uptime = line.readings[BOX_WAN_UPTIME_S]
    up = line.readings.value(BOX_PPP_STATUS) is PppStatus.CONNECTED
    if not up or uptime.value is None or uptime.at is None or uptime.quality is not Quality.LIVE:
        return None
    return uptime.at - timedelta(seconds=uptime.value)


def told_up(line: LineState) -> bool | None:
    """Whether the PPP link is up, as the box told it live; ``None`` when it did not."""
    status = line.readings[BOX_PPP_STATUS]
    return status.value is PppStatus.CONNECTED if status.quality is Quality.LIVE else None


def session_up(line: LineState) -> bool | None:
    """Whether the PPP session is up, as the box says, else as RADIUS does; ``None`` unknown."""
    told = told_up(line)
    return line.readings.value(SESSION_ACTIVE) if told is None else told


def up_since(case: Case) -> bool | None:
    """Whether the PPP session is up after the act, as the box says, else as RADIUS has told since; ``None`` unknown.

    What RADIUS told before the act says nothing of what the act did.
    """
    told, read = told_up(case.after), case.after.readings
    if told is not None:
        return told
    started, stopped = read.value(SESSION_STARTED), read.value(SESSION_STOPPED)
    if read.value(SESSION_ACTIVE):
        return True if started is not None and started >= case.acting_at - SLACK else None
    return False if stopped is not None and stopped >= case.acting_at else None


def as_well(case: Case) -> bool:
    """Whether the PPP session is as well as before, as far as is known."""
    return up_since(case) is not False or session_up(case.before) is False


_AFTER_RESTART = {
    ("restarted", True): "The box restarted; the PPP link came up again",
    ("restarted", False): "The box restarted; the PPP link has not come up",
    ("restarted", None): "The box restarted",
    ("reset", True): "The box is back to factory settings; the PPP link came up again",
    ("reset", False): "The box is back to factory settings; the PPP link has not come up",
    ("reset", None): "The box is back to factory settings",
}


def _session_after(case: Case, what: str) -> Effect:
    return done(_AFTER_RESTART[what, up_since(case)], healthy=as_well(case))


def factory_settings(case: Case) -> Effect:
    """As `restarted`, in the words of a factory reset."""
    return restarted(case, lambda found: _session_after(found, "reset"))


def readmitted(case: Case) -> Effect:
    """The window in which the box may come with the shared secret."""
    refused = not_done(case)
    if refused is not None:
        return refused
    told = case.result.values.get(OPEN_UNTIL) if isinstance(case.result, BoxResult) else None
    if told is not None:
        until = datetime.fromisoformat(told).astimezone(PARIS)
        return done("The initial secret of the box is accepted until {until}", until=f"{until:%d/%m/%Y %H:%M}")
    if accepted(case):
        return done("The initial secret of the box is accepted for a time")
    came = case.after.readings.value(BOX_READMITTED_AT)
    if came is not None and came >= case.acting_at:  # which closes the window
        return done("The box came with its initial secret and was accepted")
    return failed("The initial secret of the box is not accepted now: ask again if the box does not come")


def installed(case: Case) -> Effect:
    """The firmware that the box tells is the one asked for, and the line is as well as before."""
    if isinstance(case.result, BoxResult) and case.result.outcome is BoxOutcome.NOT_SENT:
        return _box_not_done(case.result) or _not_installed(case)
    wanted = str(case.parameters["version"])
    was, now = case.before.readings[BOX_FIRMWARE], case.after.readings[BOX_FIRMWARE]
    runs = now.value == wanted and now.quality is Quality.LIVE
    if runs and was.value != wanted and was.quality is Quality.LIVE:
        return _if_well(
            case, done("Firmware {version} is installed; it was {was}", version=wanted, was=was.value or "?")
        )
    refused = not_done(case) or denied(case)
    if refused is not None:
        return refused
    if runs and was.value != wanted and (accepted(case) or case.overdue):  # what ran before was not read
        return _if_well(case, done("The box runs firmware {version}", version=wanted))
    return _not_installed(case)


def _if_well(case: Case, installed_now: Effect) -> Effect:
    if as_well(case):
        return installed_now
    version = str(case.parameters["version"])
    return done("Firmware {version} is installed; the PPP link has not come up", healthy=False, version=version)


def _not_installed(case: Case) -> Effect:
    now = case.after.readings[BOX_FIRMWARE]
    live = case.after.readings.value(BOX_REACH) is Reach.ANSWERED and now.quality is Quality.LIVE
    if live and case.overdue:
        return nothing("No effect: the firmware is still {was}", was=now.value or "?")
    if accepted(case) and case.overdue:
        version = str(case.parameters["version"])
        return done("The box received firmware {version} and does not answer any more", healthy=False, version=version)
    return unknown("It is not known yet whether the firmware was installed")


def test_result(case: Case) -> Effect:
    """What a test run by the box gave: a result is its effect, even a bad one."""
    result = case.result
    if not isinstance(result, BoxResult):
        return failed("The result of the test was lost; nothing was changed")
    if result.outcome is BoxOutcome.DONE and result.values:
        return done("The test ended", data=_shown(result))
    if result.outcome is BoxOutcome.FAILED and result.fault is None and result.message:
        return done("The test ended without success: {why}", data=_shown(result), why=result.message)
    return not_done(case) or _without_result(case, result)


def _without_result(case: Case, result: BoxResult) -> Effect:
    """A test of which only its end may be known."""
    if result.outcome is BoxOutcome.DONE:
        return done("The test ended; its result was lost")
    if not case.settling:
        return failed("The box did not end the test in time")
    if not case.overdue:
        return unknown("It is not known yet whether the test ended")
    return failed("The result of the test was lost; nothing was changed")


def values_read(case: Case) -> Effect:
    """The parameters that were read."""
    result = case.result
    if isinstance(result, BoxResult) and result.values:
        return done("{count} parameters were read", data=_shown(result), count=len(result.values))
    return not_done(case) or failed("The reading was lost; nothing was changed")


def _shown(result: BoxResult) -> dict[str, str | None]:
    return {name: masked_value(name, value) for name, value in list(result.values.items())[:500]}
