"""How long an outbox waits after an attempt that failed."""

from __future__ import annotations

from datetime import timedelta

_MOST_DOUBLINGS = 20  # beyond it a timedelta would only grow towards its own limit


def doubled(attempts: int, first: timedelta, longest: timedelta) -> timedelta:
    """Wait after that many failed attempts: the first one, doubled each time, up to the longest."""
    return min(longest, first * (1 << min(max(attempts - 1, 0), _MOST_DOUBLINGS)))
