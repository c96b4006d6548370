"""How an effect on a PPP session is told."""

from __future__ import annotations

from datetime import datetime

from domain.metrics.session import SESSION_LAST_SEEN, SESSION_STARTED, SESSION_STOPPED
from domain.session_actions import SessionOutcome, SessionResult
from domain.teleaction import Effect, LineState
from teleactions.effects import (
    SLACK,
    connected_since,
    denied,
    done,
    failed,
    not_done,
    nothing,
    session_up,
    told_up,
    unknown,
    up_since,
)
from teleactions.spec import Case


def session_reopened(case: Case) -> Effect:
    """Another PPP session than before."""
    refused = not_done(case) or denied(case)  # a link that came up again though the box was not asked is not our doing
    if refused is not None:
        return refused
    up = up_since(case)
    if _begun_since(case) and up is not False:
        return done("The PPP link came up again")
    if up is False and _was_up(case):
        return done("The PPP link went down and has not come up again", healthy=False)
    lost = isinstance(case.result, SessionResult) and case.result.outcome is SessionOutcome.UNKNOWN
    if not _session_seen(case) or ((case.settling or lost) and not case.overdue):
        return unknown("It is not known yet whether the PPP link was reset")
    return _without_effect(case, up)


def _without_effect(case: Case, up: bool | None) -> Effect:
    if up is False:
        return nothing("No effect: the PPP link has not come up")
    if _started(case.before) != _started(case.after):  # learnt late: it began before the act
        return nothing("No effect: no PPP session has begun since")
    return nothing("No effect: the PPP session is the same as before")


def _started(line: LineState) -> datetime | None:
    return line.readings.value(SESSION_STARTED)


def _begun_since(case: Case) -> bool:
    """Whether another session has begun since the act, as RADIUS or the box says: accounting may have been lost."""
    was, now, since = _started(case.before), _started(case.after), connected_since(case.after)
    begun = now if was != now else None  # an inferred start moves by a second
    return case.heard is not None or any(at is not None and at >= case.acting_at - SLACK for at in (begun, since))


def _was_up(case: Case) -> bool:
    """Whether a session was up that is down now: known before, or told by a Stop that came since."""
    before, stopped = session_up(case.before), case.after.readings.value(SESSION_STOPPED)
    return (stopped is not None and stopped >= case.acting_at) if before is None else before


def _session_seen(case: Case) -> bool:
    """Whether anything told of the session after the act: an accounting that is lost leaves the old one standing.

    A box that says that it is connected, and not since when, tells nothing.
    """
    last = case.after.readings.value(SESSION_LAST_SEEN)
    told = told_up(case.after) is False or connected_since(case.after) is not None
    return told or (last is not None and last >= case.acting_at)


def port25_opened(case: Case) -> Effect:
    """The BRAS says that it filters port 25 of the session no more."""
    return _of_the_nas(case) or done("The BRAS lets port 25 of the session through")


def port25_closed(case: Case) -> Effect:
    """The BRAS says that it filters port 25 of the session."""
    return _of_the_nas(case) or done("The BRAS filters port 25 of the session")


def _of_the_nas(case: Case) -> Effect | None:
    """What the BRAS said when it did not apply a filter, or did not say; ``None`` when it did apply it."""
    result = case.result
    if isinstance(result, SessionResult) and result.outcome is SessionOutcome.DONE:
        return None
    refused = not_done(case)
    if refused is not None:
        return refused
    if not case.overdue:
        return unknown("It is not known yet whether the BRAS applied the filter")
    return failed("The BRAS did not answer: whether it applied the filter is not known, and it may be asked again")
