"""How an effect on an ONT, its user port or its PON port is told."""

from __future__ import annotations

from domain.metrics.ont import ONT_FIRMWARE_ACTIVE, ONT_FIRMWARE_PLANNED, ONT_LAST_CHANGE, ONT_OPER
from domain.olt_actions import OltOutcome, OltResult
from domain.states import Oper
from domain.teleaction import Effect
from teleactions.effects import SLACK, done, failed, not_done, nothing, session_up, unknown
from teleactions.spec import Case


def ont_restarted(case: Case) -> Effect:
    """The ONT has fallen and come back since."""
    refused = not_done(case)
    if refused is not None:
        return refused
    up = case.after.readings.value(ONT_OPER)
    changed = case.after.readings.value(ONT_LAST_CHANGE)
    again = case.heard is not None or (changed is not None and changed >= case.acting_at - SLACK)
    if again and up is Oper.UP:
        session = session_up(case.after)
        text = (
            "The ONT restarted and is in service"
            if session is not True
            else "The ONT restarted; the PPP link came up again"
        )
        return done(text, healthy=session is not False or session_up(case.before) is False)
    if again and case.overdue:
        return done("The ONT restarted and has not come back in service", healthy=False)
    if up is None or not case.overdue:
        return unknown("It is not known yet whether the ONT restarted")
    return nothing("No effect: the ONT has not restarted")


def firmware_planned(case: Case) -> Effect:
    """The ONT runs the firmware that its OLT plans for it."""
    refused = not_done(case)
    if refused is not None:
        return refused
    active = case.after.readings.value(ONT_FIRMWARE_ACTIVE)
    planned = case.after.readings.value(ONT_FIRMWARE_PLANNED) or case.before.readings.value(ONT_FIRMWARE_PLANNED)
    up = case.after.readings.value(ONT_OPER) is Oper.UP
    if up and active is not None and planned is not None and active.same_version(planned):
        session = session_up(case.after)
        healthy = session is not False or session_up(case.before) is False
        return done("The ONT runs the planned firmware: {version}", healthy=healthy, version=active.text)
    if not case.overdue:
        return unknown("It is not known yet whether the ONT took the planned firmware")
    if case.after.readings.value(ONT_OPER) is Oper.DOWN and case.before.readings.value(ONT_OPER) is Oper.UP:
        return done("The ONT restarted and has not come back in service", healthy=False)
    if active is None:
        return unknown("It is not known yet whether the ONT took the planned firmware")
    return nothing("No effect: the ONT still runs {version}", version=active.text)


def olt_state(case: Case) -> Effect:
    """The state that the OLT shows is the one asked for, and it was another before."""
    refused = not_done(case)
    if refused is not None:
        return refused
    result = case.result
    if not isinstance(result, OltResult) or result.outcome is OltOutcome.UNKNOWN:
        return unknown("It is not known yet whether the OLT applied it")
    was = {metric: reading.value for metric, reading in result.before.values.items()}
    now = {metric: reading.value for metric, reading in result.after.values.items()}
    data = {metric.key: str(value) for metric, value in now.items() if not metric.secret}
    if not result.proved:
        return failed("The OLT accepted it, and does not show it")
    if was and was == now:
        return nothing("No effect: it was so already")
    return done("The OLT shows the new state", data=data)
