"""How a scenario writes numbers, instants and truths: tolerant, and never turning what is absent into a value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

Observations = Mapping[str, Any]

_MOST = 100_000
_YEARS = range(1990, 2100)
_OLDEST_S = 1e9
UNKNOWN = (None, "unknown", "")


def section(observations: Observations, name: str) -> Observations:
    """A nested object; empty when it is absent or something else."""
    found = observations.get(name)
    return found if isinstance(found, Mapping) else {}


def instant(text: object) -> datetime | None:
    """An instant with its time zone; ``None`` when absent, unreadable or of no age of networks."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None and found.year in _YEARS else None


def ago(age_s: float, now: datetime) -> datetime | None:
    """The instant so many seconds before now, or after it when negative; ``None`` beyond any age of networks."""
    return now - timedelta(seconds=age_s) if abs(age_s) <= _OLDEST_S else None


def first_instant(value: object) -> datetime | None:
    """The first instant of a text, or of a list or object of any depth, such as the start of a job."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return next((found for item in value if (found := first_instant(item)) is not None), None)
    return next((found for word in str(value).split() if (found := instant(word)) is not None), None)


def number(value: object) -> float | None:
    """A finite number, written as one or as text; ``None`` otherwise."""
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def count(value: object) -> int:
    """A count of ONTs, ports or falls; zero when absent, negative or beyond what exists."""
    found = number(value) or 0
    return int(found) if 0 <= found <= _MOST else 0


def truth(value: object) -> bool | None:
    """A truth: ``true``, or a word for it."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return None
    word = value.strip().lower()
    if word in ("ok", "up", "true", "yes", "oui", "running"):
        return True
    return False if word in ("ko", "fail", "failed", "down", "false", "no", "non", "timeout", "lost", "error") else None


def text(value: object) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value not in UNKNOWN else None


def items(value: object) -> list[Any]:
    """A list; empty when it is absent or something else."""
    return value if isinstance(value, list) else []


def like(observations: Observations, pattern: str) -> Any:
    """The first value, not null, whose key matches."""
    found = (v for k, v in observations.items() if v is not None and re.search(pattern, k))
    return next(found, None)


def flat(value: object) -> str:
    """Anything as one lower-case text, to look for words in."""
    return json.dumps(value, ensure_ascii=False).lower()
