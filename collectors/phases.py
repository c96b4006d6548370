"""When an OLT is read: each at its own place of the period, so that cycles never align. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)  # phases are counted from it
_AT_ONCE, _APART = 8, timedelta(seconds=0.2)  # C: OLTs walked at once when they are taken up; time for each of more


def phase(olt: str) -> float:
    """The place of an OLT in any span of time, from 0 to 1: it follows from its name, so that OLTs spread evenly."""
    return int.from_bytes(hashlib.sha256(olt.encode()).digest()[:8], "big") / 2**64


def first_walk(olt: str, olts: int, period: timedelta) -> timedelta:
    """How long an OLT that is taken up beside others waits for its first walk: a service that starts asks gently."""
    return min(period, olts * _APART) * phase(olt) if olts > _AT_ONCE else timedelta(0)


def next_walk(olt: str, now: datetime, period: timedelta) -> datetime:
    """When an OLT is walked next: its phase follows from its name, so that OLTs spread over the period."""
    first = _ORIGIN + period * phase(olt)
    return first + period * ((now - first) // period + 1)
