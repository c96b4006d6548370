"""How an effect on an ONT, its user port or its PON port is told."""

from __future__ import annotations

from typing import Any, Final

from domain.metric import Metric
from domain.metrics.olt import PON_ADMIN
from domain.metrics.ont import (
    ONT_ADMIN,
    ONT_FIRMWARE_ACTIVE,
    ONT_FIRMWARE_PLANNED,
    ONT_LAST_CHANGE,
    ONT_OPER,
    UNI_ADMIN,
    UNI_NEGOTIATION,
    UNI_RATE,
)
from domain.olt_actions import OltOutcome, OltResult
from domain.reading import Quality, Reason
from domain.states import Oper
from domain.teleaction import Effect
from teleactions.effects import (
    SLACK,
    as_well,
    connected_since,
    done,
    failed,
    not_done,
    nothing,
    told_up,
    unknown,
    up_since,
)
from teleactions.spec import Case

_READ: Final = frozenset({Quality.LIVE, Quality.DERIVED})
"""Of what was read for the test: a last change is derived from the columns of one walk."""
_NEVER: Final = frozenset({Reason.NOT_READ, Reason.NOT_SUPPORTED})
"""Why a metric is missing that this OLT never shows."""
_ADMINS: Final[tuple[Metric[Any], ...]] = (ONT_ADMIN, UNI_ADMIN, UNI_NEGOTIATION, PON_ADMIN)
"""The states that orders ask for."""
_SET: Final = (*_ADMINS, UNI_RATE)
"""The states that orders set."""


def ont_restarted(case: Case) -> Effect:
    """The ONT has fallen and come back since."""
    refused = not_done(case)
    if refused is not None:
        return refused
    again = _fallen_since(case)
    if again and case.after.readings.value(ONT_OPER) is Oper.UP:
        text = (
            "The ONT restarted; the PPP link came up again"
            if _link_again(case)
            else "The ONT restarted and is in service"
        )
        return done(text, healthy=as_well(case))
    if again and case.overdue:
        return done("The ONT restarted and has not come back in service", healthy=False)
    return _not_restarted(case, again)


def _link_again(case: Case) -> bool:
    """Whether the PPP link came up since: one that outlived the restart did not."""
    if told_up(case.after) is None:
        return up_since(case) is True
    since = connected_since(case.after)
    return since is not None and since >= case.acting_at - SLACK


def _not_restarted(case: Case, again: bool | None) -> Effect:
    """No return in service was read: that it has not fallen is told from what the OLT shows now alone."""
    read, tells = case.after.readings[ONT_OPER].quality in _READ, case.after.readings[ONT_LAST_CHANGE].reason
    if again is False and read and case.overdue:
        return nothing("No effect: the ONT has not restarted")
    if again is None and read and case.overdue and tells in _NEVER:
        return _as_answered(case)
    return unknown("It is not known yet whether the ONT restarted")


def _fallen_since(case: Case) -> bool | None:
    """Whether the ONT has changed its state since the act; ``None`` when neither the OLT nor an event tells.

    A last change, read now, that has not moved denies what a session that came up suggests. One that has moved is
    believed whatever the clock of the OLT.
    """
    was, now = case.before.readings.value(ONT_LAST_CHANGE), case.after.readings[ONT_LAST_CHANGE]
    if now.value is None or now.quality not in _READ:
        return True if case.heard is not None else None
    return now.value >= case.acting_at - SLACK or (was is not None and now.value - was > SLACK)


def firmware_planned(case: Case) -> Effect:
    """The ONT runs the firmware that its OLT plans for it."""
    refused = not_done(case)
    if refused is not None:
        return refused
    running = case.after.readings[ONT_FIRMWARE_ACTIVE]
    active = running.value
    planned = case.after.readings.value(ONT_FIRMWARE_PLANNED) or case.before.readings.value(ONT_FIRMWARE_PLANNED)
    up = case.after.readings.value(ONT_OPER) is Oper.UP
    if up and active is not None and planned is not None and active.same_version(planned):
        return done("The ONT runs the planned firmware: {version}", healthy=as_well(case), version=active.text)
    if not case.overdue:
        return unknown("It is not known yet whether the ONT took the planned firmware")
    if case.after.readings.value(ONT_OPER) is Oper.DOWN and case.before.readings.value(ONT_OPER) is Oper.UP:
        return done("The ONT restarted and has not come back in service", healthy=False)
    if active is None or running.quality not in _READ:
        return unknown("It is not known yet whether the ONT took the planned firmware")
    return nothing("No effect: the ONT still runs {version}", version=active.text)


def olt_state(case: Case) -> Effect:
    """The state that the OLT shows is the one asked for, and it was another before."""
    refused = not_done(case)
    if refused is not None:
        return refused
    result = case.result if isinstance(case.result, OltResult) else OltResult(OltOutcome.UNKNOWN, case.now)
    if result.proved:
        return _proved(case, result)
    if not _first_port(case) or not any(result.after[metric].known for metric in _ADMINS):
        return _unread(case, result)
    return _contrary(case, result)


def _contrary(case: Case, result: OltResult) -> Effect:
    """The OLT shows another state than the one asked for."""
    if result.outcome is OltOutcome.DONE:
        return failed("The OLT accepted it, and does not show it")
    if not case.overdue:
        return unknown("It is not known yet whether the OLT applied it")
    return nothing("No effect: the OLT does not show it")


def _proved(case: Case, result: OltResult) -> Effect:
    """It is as asked for; whether it was so already is told where the states that were set were read before too."""
    if not _first_port(case):  # what is read is of the first port
        return done("The OLT shows the new state")
    now = {metric: result.after[metric].value for metric in _SET if result.after[metric].known}
    was = {metric: _before(case, result, metric) for metric in now}
    if now and was == now:
        return nothing("No effect: it was so already")
    data = {m.key: str(reading.value) for m, reading in result.after.values.items() if reading.known and not m.secret}
    return done("The OLT shows the new state", data=data)


def _before(case: Case, result: OltResult, metric: Metric[Any]) -> object:
    """A state just before the act; where that is lost with its result, at the line test before."""
    told = result.before[metric]
    return told.value if told.known else case.before.readings.value(metric)


def _unread(case: Case, result: OltResult) -> Effect:
    """The state asked for was not read afterwards: it is looked for again, unless this OLT never shows it."""
    answered = any(reading.known for reading in result.after.values.values())
    never = answered and (not _first_port(case) or all(result.after[metric].reason in _NEVER for metric in _ADMINS))
    if never and (result.outcome is OltOutcome.DONE or case.overdue):
        return _as_answered(case)
    return unknown("It is not known yet whether the OLT applied it")


def _first_port(case: Case) -> bool:
    return case.parameters.get("port", 1) == 1


def provisioned_again(case: Case) -> Effect:
    """What the OLT answered: a configuration that is sent again leaves no trace to read."""
    refused = not_done(case)
    if refused is not None:
        return refused
    acknowledged = isinstance(case.result, OltResult) and case.result.outcome is OltOutcome.DONE
    if not acknowledged and not case.overdue:
        return unknown("It is not known yet whether the OLT applied it")
    return _as_answered(case)


def _as_answered(case: Case) -> Effect:
    """What the answer of the OLT says alone, where no reading will ever tell."""
    if isinstance(case.result, OltResult) and case.result.outcome is OltOutcome.DONE:
        return done("The OLT accepted it")
    return failed("Whether the OLT applied it is not known, and it may be asked again")
