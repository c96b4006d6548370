"""The Internet platform refuses the box: its PPP identifiers are wrong, or its account is closed."""

from __future__ import annotations

import re

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.facts import REFUSED_ERRORS
from diagnostics.rule import BOX, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import box, session
from domain.verdict import Scope, Severity

LAYER = Layer.SESSION
TESTS = BOX
_PLAIN = re.compile(r"[a-z][a-z _-]{1,40}", re.IGNORECASE)
"""A reason that cannot hold an identifier: those have digits, dots, a slash or an at sign."""


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a recent refusal in the authentication log, or the box's own word; a live session denies it."""
    facts = case.facts
    if not facts.ppp_refused or facts.ont_down:
        return None
    signs = Signs(case, thresholds)
    if facts.refused_at is not None:
        signs.add("auth_rejected", session.AUTH_RESULT, session.AUTH_AT, refused=facts.refused_at)
        reason = case.readings.value(session.AUTH_REASON)
        if reason is not None and _PLAIN.fullmatch(reason):
            signs.add("auth_reason", session.AUTH_REASON, reason=reason)
    else:
        signs.lack(thresholds.doubt_missing, "auth_log")
    error = case.readings.value(box.BOX_PPP_LAST_ERROR)
    if error is not None and error.strip().upper() in REFUSED_ERRORS:
        signs.add("ppp_error", box.BOX_PPP_LAST_ERROR, error=error.strip())
    else:
        signs.lack(thresholds.doubt_minor)
    return signs.match(Role.FAULT, blames.REFUSED, Scope.INDIVIDUAL, Severity.MAJOR)
