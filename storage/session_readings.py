"""The readings of a PPP session, from the facts kept of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from domain.metric import Metric, Readings
from domain.metrics.session import (
    AUTH_AT,
    AUTH_REASON,
    AUTH_RESULT,
    SESSION_ACTIVE,
    SESSION_IP,
    SESSION_LAST_SEEN,
    SESSION_STARTED,
    SESSION_STOP_CAUSE,
    SESSION_STOPPED,
)
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.states import AuthResult
from storage.accounting import SessionFacts
from storage.tables import AuthEventRow


def session_readings(sessions: Sequence[SessionFacts], auth: AuthEventRow | None) -> Readings:
    """Readings of quality ``stored``; what was never heard has the reason ``never_seen``."""
    return Readings({**_session(current(sessions)), **_authentication(auth)})


def current(sessions: Iterable[SessionFacts]) -> SessionFacts:
    """The session that began last: a lost Stop leaves older ones open for ever, and they count for nothing."""
    dated = [(facts.began_at or facts.last_seen_at, facts) for facts in sessions]
    heard = [(began, facts.last_seen_at or began, facts) for began, facts in dated if began is not None]
    return max(heard, key=lambda item: item[:2])[2] if heard else SessionFacts()


def _session(facts: SessionFacts) -> dict[Metric[Any], Reading[Any]]:
    seen = facts.last_seen_at
    stopped = None if facts.active else facts.stopped_at
    began_with = "Acct-Session-Time" if facts.began_at != facts.started_at else "Event-Timestamp"
    return {
        SESSION_ACTIVE: _radius("Acct-Status-Type", None if seen is None else facts.active, seen),
        SESSION_STARTED: _radius(began_with, facts.began_at, facts.began_at),
        SESSION_LAST_SEEN: _radius("Event-Timestamp", seen, seen),
        SESSION_STOPPED: _radius("Event-Timestamp", stopped, stopped),
        SESSION_STOP_CAUSE: _radius("Acct-Terminate-Cause", None if stopped is None else facts.stop_cause, stopped),
        SESSION_IP: _radius("Framed-IP-Address", facts.framed_ip, facts.framed_ip_at),
    }


def _authentication(auth: AuthEventRow | None) -> dict[Metric[Any], Reading[Any]]:
    at = None if auth is None else auth.at
    return {
        AUTH_RESULT: _reading(Via.SYSLOG, "authentication", None if auth is None else AuthResult(auth.result), at),
        AUTH_AT: _reading(Via.SYSLOG, "authentication", at, at),
        AUTH_REASON: _reading(Via.SYSLOG, "authentication", None if auth is None else auth.reason, at),
    }


def _radius(attribute: str, value: Any, at: datetime | None) -> Reading[Any]:
    return _reading(Via.RADIUS, attribute, value, at)


def _reading(via: Via, locator: str, value: Any, at: datetime | None) -> Reading[Any]:
    source = Source(via, locator)
    if value is None or at is None:
        return missing(Reason.NEVER_SEEN, None, source)
    return known(value, at, source, Quality.STORED)
