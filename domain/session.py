"""Events of a PPP session: RADIUS accounting (RFC 2866) and the authentication log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.states import AuthResult


class AccountingStatus(StrEnum):
    """Acct-Status-Type (RFC 2866 5.1) of the packets that concern one session."""

    START = "start"
    INTERIM = "interim"
    STOP = "stop"


@dataclass(frozen=True, slots=True, repr=False)
class AccountingEvent:
    """One accounting packet of a session. ``username`` is a PPP identifier: never logged.

    Attributes:
        at: When the event happened: Event-Timestamp when present, less Acct-Delay-Time, else the receipt.
        session_time_s: Acct-Session-Time.
    """

    username: str
    session_id: str
    status: AccountingStatus
    at: datetime
    framed_ip: str | None = None
    session_time_s: int | None = None
    terminate_cause: str | None = None
    nas: str = ""

    def __repr__(self) -> str:
        return f"AccountingEvent({self.status}, {self.session_id}, {self.at.isoformat()})"


@dataclass(frozen=True, slots=True, repr=False)
class AuthEvent:
    """One line of the authentication log. ``username`` is a PPP identifier: never logged."""

    username: str
    result: AuthResult
    at: datetime
    reason: str | None = None

    def __repr__(self) -> str:
        return f"AuthEvent({self.result}, {self.at.isoformat()})"
