"""Identifiers of alarms: whole numbers (TMF642 v4) under 2^53, from which what they are of is read again.

The last digit tells of what: 1 a collective incident, 2 a diagnosis, 3 an alarm of the sandbox, 4 an event of the
network.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Final

INCIDENT, DIAGNOSIS, FREE, EVENT = 1, 2, 3, 4
_YEAR_0: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the calendar of the numbers, which have no zone
_INCIDENT = re.compile(r"INC-([0-9]{6})-([0-9A-F]{6})")


def of_incident(number: str) -> int:
    """Of ``INC-190509-7F3A2C``."""
    found = _INCIDENT.fullmatch(number)
    if found is None:
        raise ValueError(number)
    return (int(found[1]) << 24 | int(found[2], 16)) * 10 + INCIDENT


def incident_of(number: int) -> str:
    """The incident of an alarm."""
    day, rest = divmod(number // 10, 1 << 24)
    return f"INC-{day:06d}-{rest:06X}"


def of_diagnosis(number: str) -> int:
    """Of ``190509-1029-2879560``."""
    day, minute, sequence = number.split("-")
    at = datetime.strptime(f"20{day}{minute}", "%Y%m%d%H%M")  # noqa: DTZ007 - as above
    return (int((at - _YEAR_0) / timedelta(minutes=1)) * 10_000_000 + int(sequence)) * 10 + DIAGNOSIS


def of_event(*what: str) -> int:
    """Of an event of the network: the same for the same event, also after a restart."""
    digest = hashlib.sha256("\n".join(what).encode()).digest()
    return int.from_bytes(digest[:6]) * 10 + EVENT
