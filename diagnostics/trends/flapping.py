"""Falls that come back: how many, why, and whether they keep the hours of a habit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from diagnostics.thresholds import Thresholds
from diagnostics.trends.cycles import hour_spread
from domain.clock import PARIS
from domain.history import Drop
from domain.metric import Readings
from domain.metrics import ont
from domain.states import DownCause

POWER = frozenset({DownCause.DYING_GASP, DownCause.POWER_OFF})
LIGHT = frozenset({DownCause.LOS, DownCause.LOF, DownCause.SF, DownCause.LOA})
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Flaps:
    """The falls of an ONT, lately.

    Attributes:
        day: In the last 24 h.
        week: In the last 7 days.
        light: Those of the week, or of the day, whose cause is a loss of light.
        power: Those whose cause is a loss of power.
        unstable: There are more than a line that works has.
        habit: They are losses of power at the same hour, day after day.
    """

    day: int = 0
    week: int = 0
    light: int = 0
    power: int = 0
    unstable: bool = False
    habit: bool = False


def flaps_of(drops: Iterable[Drop], readings: Readings, now: datetime, t: Thresholds) -> Flaps:
    """The falls, from those that are dated, else from the counts that the OLT keeps."""
    recent = [drop for drop in drops if now - _WEEK <= drop.down_at <= now]
    causes = Counter(drop.cause for drop in recent if drop.cause is not None)
    day = sum(1 for drop in recent if drop.down_at >= now - _DAY)
    counted = readings.value(ont.ONT_CAUSES_24H) or {}
    day = max(day, readings.value(ont.ONT_FLAPS_24H) or 0, sum(counted.values()))
    week = max(len(recent), day)
    if not causes:
        causes = Counter(counted) or _last_cause(readings, now, day)
    light, power = (sum(causes[cause] for cause in group) for group in (LIGHT, POWER))
    return Flaps(
        day=day,
        week=week,
        light=light,
        power=power,
        unstable=day >= t.flaps_24h or week >= t.flaps_7d,
        habit=_is_habit([drop for drop in recent if drop.cause in POWER], len(recent), t),
    )


def _last_cause(readings: Readings, now: datetime, day: int) -> Counter[DownCause]:
    """The cause of the last fall, held for that of all, provided it is one of those counted."""
    cause, fell = readings.value(ont.ONT_DOWN_CAUSE), readings.value(ont.ONT_LAST_DOWN)
    if cause is None or fell is None or now - fell > _DAY:
        return Counter()
    return Counter({cause: day})


def _is_habit(losses: list[Drop], total: int, t: Thresholds) -> bool:
    """Losses of power once a day, at the same hour of the clock on the wall."""
    if len(losses) < t.habit_days:
        return False
    local = [drop.down_at.astimezone(PARIS) for drop in losses]
    days = {at.date() for at in local}
    hours = np.array([at.hour + at.minute / 60 for at in local])
    often = len(days) >= t.habit_days and len(losses) <= len(days) + 1 and len(losses) == total
    return often and hour_spread(hours) <= t.habit_spread_h
