"""How an effect on a PPP session is told."""

from __future__ import annotations

from domain.metrics.box import BOX_PPP_STATUS
from domain.metrics.session import SESSION_LAST_SEEN, SESSION_STARTED
from domain.reading import Quality
from domain.session_actions import SessionOutcome, SessionResult
from domain.teleaction import Effect
from teleactions.effects import SLACK, connected_since, denied, done, failed, not_done, nothing, session_up, unknown
from teleactions.spec import Case


def session_reopened(case: Case) -> Effect:
    """Another PPP session than before."""
    refused = not_done(case) or denied(case)  # a link that came up again though the box was not asked is not our doing
    if refused is not None:
        return refused
    was, now = case.before.readings.value(SESSION_STARTED), case.after.readings.value(SESSION_STARTED)
    up = session_up(case.after)
    since = connected_since(case.after)
    reset = since is not None and since >= case.acting_at - SLACK  # accounting may have been lost
    new = reset or (was != now and now is not None) or case.heard is not None
    if new and up is not False:
        return done("The PPP link came up again")
    if up is False and session_up(case.before):
        return done("The PPP link went down and has not come up again", healthy=False)
    lost = isinstance(case.result, SessionResult) and case.result.outcome is SessionOutcome.UNKNOWN
    if not _session_seen(case) or ((case.settling or lost) and not case.overdue):
        return unknown("It is not known yet whether the PPP link was reset")
    return nothing("No effect: the PPP session is the same as before")


def _session_seen(case: Case) -> bool:
    """Whether anything told of the session after the act: an accounting that is lost leaves the old one standing."""
    status, last = case.after.readings[BOX_PPP_STATUS], case.after.readings.value(SESSION_LAST_SEEN)
    return status.quality is Quality.LIVE or (last is not None and last >= case.acting_at)


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
