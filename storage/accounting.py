"""What accounting packets say of one session, whatever their order and however often they come.

Each fact is the latest of its kind, so that merging is commutative and idempotent: packets may come late, twice or in
any order (RFC 2866 runs over UDP with retries) and the result is the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.session import AccountingEvent, AccountingStatus


@dataclass(frozen=True, slots=True, repr=False)
class SessionFacts:
    """One Acct-Session-Id of one username.

    Attributes:
        started_at: Latest Start.
        inferred_start_at: Latest "instant less Acct-Session-Time".
        interim_at: Latest Interim-Update.
        stopped_at: Latest Stop.
        framed_ip_at: Instant of the packet that gave ``framed_ip``.
    """

    started_at: datetime | None = None
    inferred_start_at: datetime | None = None
    interim_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_cause: str | None = None
    framed_ip: str | None = None
    framed_ip_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it is open: a Stop older than a Start or an Interim does not close what came after it."""
        alive = _latest(self.started_at, self.interim_at)
        return alive is not None and (self.stopped_at is None or alive > self.stopped_at)

    @property
    def began_at(self) -> datetime | None:
        """When it began: its Start, or what the session time says when no Start of this life was heard."""
        if self.started_at is None:
            return self.inferred_start_at
        if self.inferred_start_at is None or self.stopped_at is None:
            return self.started_at
        # NASes use their numbers again: a life that began after the last Stop is not that of the old Start.
        reused = self.started_at <= self.stopped_at < self.inferred_start_at
        return self.inferred_start_at if reused else self.started_at

    @property
    def last_seen_at(self) -> datetime | None:
        """The latest packet of any kind."""
        return _latest(self.started_at, self.interim_at, self.stopped_at)


def heard(facts: SessionFacts, event: AccountingEvent) -> SessionFacts:
    """The facts with one more packet."""
    if event.session_time_s is not None and event.session_time_s >= 0:
        began = event.at - timedelta(seconds=event.session_time_s)
        facts = replace(facts, inferred_start_at=_latest(facts.inferred_start_at, began))
    if event.framed_ip and _newer(event.at, event.framed_ip, facts.framed_ip_at, facts.framed_ip):
        facts = replace(facts, framed_ip=event.framed_ip[:64], framed_ip_at=event.at)
    match event.status:
        case AccountingStatus.START:
            return replace(facts, started_at=_latest(facts.started_at, event.at))
        case AccountingStatus.INTERIM:
            return replace(facts, interim_at=_latest(facts.interim_at, event.at))
        case AccountingStatus.STOP:
            cause = event.terminate_cause and event.terminate_cause[:64]
            if _newer(event.at, cause, facts.stopped_at, facts.stop_cause):
                return replace(facts, stopped_at=event.at, stop_cause=cause)
            return facts


def _latest(*instants: datetime | None) -> datetime | None:
    return max((instant for instant in instants if instant is not None), default=None)


def _newer(at: datetime, text: str | None, kept_at: datetime | None, kept: str | None) -> bool:
    """Whether to replace; between two texts of the same instant the choice must not depend on their order."""
    return kept_at is None or (at, text or "") > (kept_at, kept or "")
