"""Cases that effects are told from, made short."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.metric import Metric, Readings
from domain.reading import Quality, Reading, Source, Via, known
from domain.teleaction import LineState, Value
from teleactions.doing import Result
from teleactions.spec import Case

NOW = datetime(2019, 5, 9, 8, tzinfo=UTC)
ACTED = NOW - timedelta(seconds=100)
"""When every case was acted: longer ago than its grace, unless it is `early`."""

Line = Mapping[Metric[Any], Any]


def stored(value: object) -> Reading[Any]:
    """A value that was kept, not read now."""
    return known(value, ACTED, Source(Via.NONE, "kept"), Quality.STORED)


def line(readings: Line, values: Mapping[str, str | None] | None = None) -> LineState:
    """A line test: values read live, unless a reading is given whole."""
    read = {
        metric: value if isinstance(value, Reading) else known(value, NOW, Source(Via.NONE, "test"))
        for metric, value in readings.items()
    }
    return LineState(NOW, "", "", Readings(read), values or {})


def case(
    result: Result,
    before: Line | LineState,
    after: Line | LineState,
    *,
    parameters: Mapping[str, Value] | None = None,
    early: bool = False,
    settling: bool = False,
    heard: datetime | None = None,
    **more: Any,
) -> Case:
    """Acted 100 s ago; it would show after 60 s, or after 600 s where it is ``early``."""
    lines = [one if isinstance(one, LineState) else line(one) for one in (before, after)]
    grace_s = 600.0 if early else 60.0
    return Case(parameters or {}, ACTED, NOW, lines[0], lines[1], result, heard, settling, grace_s, **more)
