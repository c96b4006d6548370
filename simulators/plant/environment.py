"""What makes the readings of healthy modules differ: calibration, noise, temperature, age. Nothing unless declared.

Everything follows from the seed, a name and an instant, so that two windows that read together read the same.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from struct import Struct

from simulators.plant.description import EnvironmentPart
from simulators.plant.weather import REFERENCE_C, Weather

_EPOCH_YEAR = timedelta(days=365.2425)
_SLOT = timedelta(minutes=5)  # C: a module's reading is renewed at that pace
INDOORS, CABINET = 0.3, 0.6  # C: how much of a change of the air a module in a home, in an exchange, feels
BIAS_PER_C = 0.01  # C: more current for the same light, a degree
_FIBRE_DB_KM_C = 0.0005  # C: G.652 cable in a duct, over its range of use
BIAS_PER_DB = 0.35  # C: more current for each dB that an ageing laser would lose


class Environment:
    """What surrounds the modules of one plant.

    Args:
        part: What is declared of it.
        begin: When lasers have no age yet: the origin of the plant's clock.
    """

    def __init__(self, part: EnvironmentPart, begin: datetime) -> None:
        self._part = part
        self._begin = begin
        self.weather = Weather(part.seed)

    @property
    def moves(self) -> bool:
        """Whether readings change while nothing happens."""
        return self._part.weather or self._part.noise_db > 0 or self._part.ageing_db_year > 0

    def error_db(self, module: str, at: datetime) -> float:
        """What a module's reading of a level has too much: its calibration, and the noise of the moment."""
        error = 0.0
        if self._part.calibration_db:
            error += self._part.calibration_db * _normal(f"{self._part.seed}:{module}")
        if self._part.noise_db:
            slot = (at - self._begin) // _SLOT
            error += self._part.noise_db * _drawn(f"{self._part.seed}:{module}:{slot}")
        return error

    def aged_db(self, at: datetime) -> float:
        """Fall of what lasers send since the beginning."""
        return self._part.ageing_db_year * ((at - self._begin) / _EPOCH_YEAR)

    def heat_c(self, at: datetime, *, indoors: bool) -> float:
        """What modules are warmer by than at the reference temperature."""
        if not self._part.weather:
            return 0.0
        return (self.weather.temperature_c(at) - REFERENCE_C) * (INDOORS if indoors else CABINET)

    def fibre_db(self, length_m: float, at: datetime) -> float:
        """Loss that the temperature adds to a fibre, either way from the reference."""
        if not self._part.weather:
            return 0.0
        return _FIBRE_DB_KM_C * abs(self.weather.temperature_c(at) - REFERENCE_C) * length_m / 1000.0

    def bias(self, aged_db: float, heat_c: float) -> float:
        """How many times its usual current a laser of that age draws in that heat."""
        return (1.0 + BIAS_PER_DB * aged_db) * (1.0 + BIAS_PER_C * heat_c)


_TWELVE = Struct(">12H")


@lru_cache(maxsize=65_536)
def _normal(text: str) -> float:
    return _drawn(text)


def _drawn(text: str) -> float:
    """A number that looks drawn from a normal distribution (the sum of twelve even ones, Irwin and Hall)."""
    octets = hashlib.blake2b(text.encode(), digest_size=24).digest()
    total: int = sum(_TWELVE.unpack(octets))
    return total / 65_535 - 6.0
