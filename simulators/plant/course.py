"""When a fault is there, and how much of it: at once, over a period, drifting, coming and going, with the weather."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from simulators.plant.errors import CommandError
from simulators.plant.weather import Weather

WHEN = ("always", "rain", "hot", "cold")


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a fault, in seconds since it was ordered.

    Attributes:
        after_s: When it begins.
        for_s: How long it lasts before it is over by itself; 0 for ever.
        ramp_s: How long it takes to grow to its whole size.
        period_s: For one that comes and goes, the length of a turn; ``duty`` the share of it that it is there.
        when: What it depends on besides: its size follows the wetness, the heat or the cold.
    """

    after_s: float = 0.0
    for_s: float = 0.0
    ramp_s: float = 0.0
    period_s: float = 0.0
    duty: float = 0.5
    when: str = "always"

    @classmethod
    def of(cls, given: Mapping[str, float | str]) -> Course:
        """The course of these parameters; raises `CommandError`."""
        when = str(given.get("when", "always"))
        if when not in WHEN:
            raise CommandError(f"a fault does not depend on {when!r}", WHEN)
        numbers = {}
        for name in COURSE_NAMES - {"when"}:
            value = given.get(name, 0.5 if name == "duty" else 0.0)
            if (
                isinstance(value, str)
                or not math.isfinite(value)
                or value < 0
                or (name == "duty" and not 0 < value < 1)
            ):
                wanted = "between 0 and 1" if name == "duty" else "0 or more, in seconds"
                raise CommandError(f"{name} is a number {wanted}, not {value!r}")
            numbers[name] = float(value)
        if 0 < numbers["period_s"] < 1:
            raise CommandError("period_s is 1 second or more")
        return cls(when=when, **numbers)

    @property
    def moves(self) -> bool:
        """Whether its size changes between the instants of `next_change`."""
        return self.ramp_s > 0 or self.when != "always"

    def over(self, age_s: float) -> bool:
        """Whether it has ended by itself."""
        return self.for_s > 0 and age_s >= self.after_s + self.for_s

    def strength(self, age_s: float, weather: Weather, at: datetime) -> float:
        """How much of it is there, from 0 to 1."""
        lived = age_s - self.after_s
        if lived < 0 or self.over(age_s):
            return 0.0
        if self.period_s and lived % self.period_s >= self.duty * self.period_s:
            return 0.0
        grown = min(lived / self.ramp_s, 1.0) if self.ramp_s else 1.0
        match self.when:
            case "rain":
                return grown * weather.wetness(at)
            case "hot":
                return grown * weather.heat(at)
            case "cold":
                return grown * weather.cold(at)
        return grown

    def next_change(self, age_s: float) -> float | None:
        """The age at which it next begins, ends, comes or goes; ``None`` when it stays."""
        if age_s < self.after_s:
            return self.after_s
        end = self.after_s + self.for_s if self.for_s else math.inf
        turn = math.inf
        if self.period_s:
            turns, within = divmod(age_s - self.after_s, self.period_s)
            begun = self.after_s + turns * self.period_s
            turn = begun + self.duty * self.period_s if within < self.duty * self.period_s else begun + self.period_s
        change = min(end, turn)
        return change if age_s < change < math.inf else None


COURSE_NAMES = frozenset(field.name for field in fields(Course))


def whole_microseconds(seconds: float) -> timedelta:
    """A delay rounded up to the clock's step, so that what is due then is indeed due."""
    return timedelta(microseconds=math.ceil(seconds * 1e6 - 1e-3))
