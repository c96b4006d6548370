"""What can be asked of the NAS that holds a PPP session, and what is known of the effect (RFC 5176)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SessionOutcome(StrEnum):
    """What is known of a disconnection."""

    DONE = "done"  # Disconnect-ACK: the NAS has closed the session
    REFUSED = "refused"  # Disconnect-NAK: it has not
    NOT_SENT = "not_sent"  # nothing is open, or nobody is there to be asked
    UNKNOWN = "unknown"  # no answer: accounting will tell


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as a NAS names it. ``username`` is a PPP identifier: never shown."""

    session_id: str
    username: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SessionResult:
    """What became of it.

    Attributes:
        at: When that was known.
        error_cause: Error-Cause of a NAK (RFC 5176 3.6), ``None`` without one.
    """

    outcome: SessionOutcome
    at: datetime
    error_cause: int | None = None
