"""Whether an agent has started again, from when it says that it did. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

_RESTART = timedelta(seconds=60)  # C: an agent that started this much later than it seemed has started again


def started_again(before: datetime | None, booted_at: datetime | None) -> bool:
    """Whether the start that is told now is another than the one told before; no as long as either is unknown."""
    return before is not None and booted_at is not None and booted_at > before + _RESTART
