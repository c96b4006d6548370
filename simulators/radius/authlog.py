"""The authentication log of the AAA server: FreeRADIUS's wording in RFC 5424 syslog, never a password."""

from __future__ import annotations

from datetime import UTC, datetime

_PRIORITY = 10 * 8 + 6  # authpriv.info (RFC 5424 6.2.1)
_REASONS = {  # FreeRADIUS's words for the refusals that a line test meets
    "": 'pap: Cleartext password does not match "known good" password',
    "invalid_password": "chap: Password comparison failed: password is incorrect",
    "unknown_user": "No Auth-Type found: rejecting the user via Post-Auth-Type = Reject",
}


def auth_line(number: int, at: datetime, username: str, reason: str | None, client: str) -> str:
    """One syslog message; ``reason`` ``None`` means accepted, else a word of ours or the server's own text."""
    if reason is None:
        outcome = "Login OK"
    else:
        outcome = f"Login incorrect ({_REASONS.get(reason.strip().lower().replace(' ', '_'), _plain(reason))})"
    user = f"[{_plain(username)}/<via Auth-Type = CHAP>]"
    stamp = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="auto" if at.microsecond else "seconds")
    return f"<{_PRIORITY}>1 {stamp}Z aaa radiusd - - - ({number}) {outcome}: {user} (from client {client} port 0)"


def unanswered_line(number: int, at: datetime, username: str, server: str) -> str:
    """What a proxy writes of a request that the server behind it left without answer."""
    told = f'({number}) ERROR: Failing proxied request for user "{_plain(username)}"'
    stamp = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="auto" if at.microsecond else "seconds")
    return (
        f"<{_PRIORITY}>1 {stamp}Z proxy radiusd - - - {told}, due to lack of any response from home server {server} "
        "port 1812"
    )


def _plain(text: str) -> str:
    """Text without what would break the line or its brackets."""
    return "".join(char if char.isprintable() and char not in "[]" else "?" for char in text)
