"""Keys under which a box is told to change something (CommandKey, ParameterKey), and what the one that it shows proves.

A téléaction's key is its number; what the service asks of its own accord says when it did. A box keeps the last one in
ParameterKey (TR-069 A.3.2.1): an order whose answer was lost is read out of it.
"""

from __future__ import annotations

import re
from datetime import datetime

ORDER = "ta-"
"""How the key of a téléaction begins; a box has one téléaction at a time."""

_DATED = re.compile(r"(?:provisioned|check)\.([0-9]{16})(?:\.[a-z]+)?")


def provisioned(at: datetime) -> str:
    """The key of the settings that every box is given, at that instant: 32 characters at most, as all of these."""
    return f"provisioned.{_microseconds(at)}"


def check(at: datetime, test: str) -> str:
    """The key of a test that a line test has a box run."""
    return f"check.{_microseconds(at)}.{test}"[:32]


def denies(key: str | None, since: datetime) -> bool:
    """Whether a box that shows this key was not given a téléaction asked at ``since``, which has another one.

    Only keys of ours tell, and of those that say when they were given only earlier ones: later ones took the place of
    the key that is missed. A box without any may keep none.
    """
    if not key:
        return False
    if key.startswith(ORDER):
        return True
    dated = _DATED.fullmatch(key)
    return dated is not None and int(dated[1]) < int(_microseconds(since))


def _microseconds(at: datetime) -> str:
    return f"{int(at.timestamp() * 1e6):016d}"
