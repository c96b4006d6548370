"""The weather over the plant: it follows from the instant and a seed, so that it is the same for who asks again.

Degrees Celsius; wetness from 0 (dry) to 1 (soaked). Figures: plains of France (C).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random

REFERENCE_C = 15.0  # at which modules have the figures of their own
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_MEAN_C, _SEASON_C, _HALF_DAY_C, _CHANCE_C = 12.0, 9.0, 5.0, 3.0  # mean, half spans of year and day, deviation
_COLDEST_DAY, _WARMEST_HOUR = 20.0, 15.0  # 20 January, 15:00 UTC
_RAINY_DAYS = 0.35  # share of the days with an episode of rain
_LASTS_H = (1.0, 8.0)
_DRIES_H = 18.0  # time constant of a closure that dries
_REMEMBERED_DAYS = 3
_HOT_C, _COLD_C, _SPAN_C = 22.0, 4.0, 8.0  # where heat and cold begin to matter, and are whole


@dataclass(frozen=True, slots=True)
class _Day:
    """What was drawn of one day; rain in days since 1970, an empty span without."""

    shift_c: float
    rain_from: float
    rain_to: float


@dataclass(frozen=True, slots=True)
class Weather:
    """The weather of one place."""

    seed: int = 0

    def temperature_c(self, at: datetime) -> float:
        """Of the air: year, day, and mild or harsh spells between one noon and the next."""
        days = (at - _EPOCH) / _DAY
        season = math.cos(2 * math.pi * (days - _COLDEST_DAY) / 365.2425)
        hour = math.cos(2 * math.pi * (days - _WARMEST_HOUR / 24))
        spell, share = divmod(days, 1.0)
        shift = (1 - share) * _day(self.seed, int(spell)).shift_c + share * _day(self.seed, int(spell) + 1).shift_c
        return _MEAN_C - _SEASON_C * season + _HALF_DAY_C * hour + shift

    def raining(self, at: datetime) -> bool:
        """Whether it rains."""
        days = (at - _EPOCH) / _DAY
        return any(drawn.rain_from <= days < drawn.rain_to for drawn in self._lately(days))

    def wetness(self, at: datetime) -> float:
        """How wet closures are: it rises while it rains and falls slowly afterwards."""
        days = (at - _EPOCH) / _DAY
        wet = 0.0
        for drawn in self._lately(days):
            rained = min(days, drawn.rain_to) - drawn.rain_from
            if rained > 0:
                soaked = 1.0 - math.exp(-rained * 24.0 / 2.0)
                wet = max(wet, soaked * math.exp(-max(days - drawn.rain_to, 0.0) * 24.0 / _DRIES_H))
        return wet

    def heat(self, at: datetime) -> float:
        """How hot it is, 0 to 1."""
        return min(max((self.temperature_c(at) - _HOT_C) / _SPAN_C, 0.0), 1.0)

    def cold(self, at: datetime) -> float:
        """How cold it is, 0 to 1."""
        return min(max((_COLD_C - self.temperature_c(at)) / _SPAN_C, 0.0), 1.0)

    def _lately(self, days: float) -> list[_Day]:
        return [_day(self.seed, int(days) - back) for back in range(_REMEMBERED_DAYS)]


@lru_cache(maxsize=4096)
def _day(seed: int, number: int) -> _Day:
    draw = Random(seed * 1_000_003 + number)  # noqa: S311 - a simulation, not a secret
    shift = draw.gauss(0.0, _CHANCE_C)
    begin, length = number + draw.random(), draw.uniform(*_LASTS_H) / 24.0
    return _Day(shift, begin, begin + length if draw.random() < _RAINY_DAYS else begin)
