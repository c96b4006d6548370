"""The restoration commitment (GTR) in working hours: « HO GTR 600 Lundi au Samedi 8h à 18h ».

Working time is counted between wall-clock hours of Europe/Paris; the clock starts at the deposit, or at the next
opening. Which days are holidays is told by the caller: this module knows no calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.clock import PARIS
from domain.errors import InvalidValueError

Closed = Callable[[date], bool]
"""Whether a date is a holiday."""

_LOOK_AHEAD_DAYS = 3660
"""Days looked at before giving up: a freeze of years would otherwise be followed for ever."""


class GtrZone(StrEnum):
    """Whose holidays count."""

    METROPOLE = "metropole"
    ALSACE_MOSELLE = "alsace-moselle"


@dataclass(frozen=True, slots=True)
class Commitment:
    """What was sold.

    Attributes:
        working: Working time within which the service is restored (seed: 600 minutes).
        opens: First instant of a working day.
        closes: First instant after it; a deposit at that very instant waits for the next opening.
        days: Working days, Monday is 0 (seed: « Lundi au Samedi »).
    """

    working: timedelta = timedelta(minutes=600)
    opens: time = time(8)
    closes: time = time(18)
    days: frozenset[int] = frozenset(range(6))
    zone: ZoneInfo = PARIS

    @property
    def label(self) -> str:
        """As the screen prints it."""
        minutes = int(self.working.total_seconds() // 60)
        return f"HO GTR {minutes} Lundi au Samedi {self.opens.hour}h à {self.closes.hour}h"


GTR_10H_HO = Commitment()


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time that does not count (*gel*): from ``start`` to before ``end``; ``None`` while it lasts."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """When the clock starts and when the working time is used up; Europe/Paris."""

    clock_starts_at: datetime
    deadline_at: datetime

    def met_by(self, restored_at: datetime) -> bool:
        """Whether a restoration at that instant keeps the commitment."""
        return _utc(restored_at) <= self.deadline_at

    def breached_at(self, now: datetime) -> bool:
        """Whether it is broken at that instant, nothing having been restored."""
        return _utc(now) > self.deadline_at


def deadline(
    deposited_at: datetime, closed: Closed, commitment: Commitment = GTR_10H_HO, freezes: Sequence[Freeze] = ()
) -> Deadline | None:
    """The deadline of a deposit; ``None`` while a freeze has no end: it cannot be told.

    A tie resolves to the earliest instant: a deposit at 08:00:00 is due the same day at 18:00:00. An instant without
    time zone raises `InvalidValueError`.
    """
    started: datetime | None = None
    left = commitment.working
    for start, end in _periods(_utc(deposited_at), closed, commitment, freezes):
        started = started or start
        if end - start >= left:
            return Deadline(_local(started, commitment), _local(start + left, commitment))
        left -= end - start
    return None


def remaining(
    deposited_at: datetime,
    now: datetime,
    closed: Closed,
    commitment: Commitment = GTR_10H_HO,
    freezes: Sequence[Freeze] = (),
) -> timedelta:
    """Working time left at an instant, never negative: the countdown. It stands still outside working hours."""
    at, used = _utc(now), timedelta()
    for start, end in _periods(_utc(deposited_at), closed, commitment, freezes):
        if start >= at or used >= commitment.working:
            break
        used += min(end, at) - start
    return max(timedelta(), commitment.working - used)


def _periods(
    since: datetime, closed: Closed, commitment: Commitment, freezes: Sequence[Freeze]
) -> Iterator[tuple[datetime, datetime]]:
    """Working periods from an instant on, in UTC and in order, freezes taken out."""
    frozen = sorted(
        ((_utc(one.start), None if one.end is None else _utc(one.end)) for one in _dated(freezes)),
        key=lambda period: period[0],
    )
    first = since.astimezone(commitment.zone).date()
    for day in (first + timedelta(days=count) for count in range(_LOOK_AHEAD_DAYS)):
        if day.weekday() not in commitment.days or closed(day):
            continue
        opens, closes = (
            datetime.combine(day, hour, commitment.zone).astimezone(UTC)
            for hour in (commitment.opens, commitment.closes)
        )
        start = max(opens, since)
        for begins, ends in frozen:
            if begins >= closes or (ends is not None and ends <= start):
                continue
            if start < begins:
                yield start, begins
            if ends is None:
                return
            start = ends
        if start < closes:
            yield start, closes


def _dated(freezes: Sequence[Freeze]) -> Iterator[Freeze]:
    """Freezes that last; the open one is the last word on what follows it."""
    return (one for one in freezes if one.end is None or one.end > one.start)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise InvalidValueError("instant", instant, "an instant with its time zone")
    return instant.astimezone(UTC)


def _local(instant: datetime, commitment: Commitment) -> datetime:
    return instant.astimezone(commitment.zone)
