"""Light over a whole OLT at once: the physics of `simulators.plant.optics`, with wavelength, temperature and age.

Lengths in metres, losses in dB, levels in dBm, temperatures in degrees Celsius, instants in microseconds since 1970.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.plant.optics import CONNECTOR_LOSS_DB, CONNECTORS, SPLICE_LOSS_DB, SPLICES, Direction, splitter_loss_db

Reals = NDArray[np.float64]
DAY_US = 86_400_000_000
_YEAR_DAYS = 365.2425

_MEAN_C, _SEASON_C, _DAY_C = 12.0, 9.0, 5.0  # C: plains of France, mean and half spans over the year and the day
_COLDEST_DAY, _WARMEST_HOUR = 20.0, 15.0  # C: 20 January, 15:00 UTC


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation of PON.

    Attributes:
        down_db_km: Attenuation of G.652 fibre at the wavelength of that direction.
        olt_tx_dbm: Span of the level that ports of its usual class send; ``ont_tx_dbm`` the same for ONTs.
        ont_least_dbm: Sensitivity of the ONT; ``olt_least_dbm`` of the OLT.
        bend_down: Loss by a macrobend, relative to the one at 1490 nm: it grows with wavelength.
    """

    name: str
    down_db_km: float
    up_db_km: float
    olt_tx_dbm: tuple[float, float]
    ont_tx_dbm: tuple[float, float]
    ont_least_dbm: float
    olt_least_dbm: float
    bend_down: float
    bend_up: float


# Levels: class B+ of ITU-T G.984.2 Amd 1, class C+ of Amd 2, class N1 of ITU-T G.9807.1; sent levels within the class.
GPON_B_PLUS = Generation(
    "gpon", Direction.DOWN.value, Direction.UP.value, (2.5, 4.5), (1.2, 3.2), -27.0, -28.0, 1.0, 0.3
)
GPON_C_PLUS = Generation(
    "gpon", Direction.DOWN.value, Direction.UP.value, (4.2, 6.5), (1.2, 3.2), -30.0, -32.0, 1.0, 0.3
)
# 1577 nm 0.20-0.23 dB/km, 1270 nm 0.38-0.42 dB/km: typical figures of G.652.D fibre; bends: C.
XGS_N1 = Generation("xgs", 0.22, 0.40, (3.0, 4.8), (4.5, 6.5), -28.0, -26.0, 1.5, 0.25)

_LOST_BELOW_DB = 1.5  # C: an ONT holds its link somewhat below the sensitivity of its class
_FIXED_LOSS_DB = CONNECTOR_LOSS_DB * CONNECTORS + SPLICE_LOSS_DB * SPLICES


def temperature_c(at_us: int) -> float:
    """Temperature of the air, over the year and the day."""
    days = at_us / DAY_US
    season = math.cos(2 * math.pi * (days - _COLDEST_DAY) / _YEAR_DAYS)
    hour = math.cos(2 * math.pi * (days - _WARMEST_HOUR / 24))
    return _MEAN_C - _SEASON_C * season + _DAY_C * hour


def is_raining(at_us: int, seed: int) -> bool:
    """Whether it rains, hour by hour: one hour in eight (C), the same for a whole OLT."""
    return float(mixed(np.array([at_us // (DAY_US // 24)], np.uint64), seed)[0]) < 0.125


def path_loss_db(length_m: Reals, splitters_db: Reals, db_km: float) -> Reals:
    """Typical loss from end to end at a wavelength of that attenuation."""
    return db_km * length_m / 1000.0 + splitters_db + _FIXED_LOSS_DB


def splitters_db(ratios: tuple[int, int]) -> float:
    """Loss of the two splitters of a path."""
    return sum(splitter_loss_db(ratio) for ratio in ratios)


def holds(generation: Generation, ont_rx_dbm: Reals, olt_rx_dbm: Reals) -> NDArray[np.bool_]:
    """Whether the light that arrives at both ends is enough for the link."""
    enough: NDArray[np.bool_] = (ont_rx_dbm >= generation.ont_least_dbm - _LOST_BELOW_DB) & (
        olt_rx_dbm >= generation.olt_least_dbm - _LOST_BELOW_DB
    )
    return enough


def errors_per_s(margin_db: Reals) -> Reals:
    """Errors a second by margin over the sensitivity: one a second at none, ten times more each half dB below (C)."""
    return np.where(margin_db > 2.0, 0.0, np.power(10.0, np.clip(-2.0 * margin_db, -4.0, 4.0))).astype(np.float64)


def mixed(numbers: NDArray[np.uint64], salt: int) -> Reals:
    """Numbers of [0, 1[ that look drawn at random but follow from ``numbers`` and ``salt`` (splitmix64)."""
    with np.errstate(over="ignore"):
        z = (numbers + np.uint64(salt & 0xFFFFFFFFFFFFFFFF)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) * (1.0 / (1 << 53))


def busy_seconds(at_us: int) -> float:
    """Seconds since 1970 weighted by how busy the network is at each hour of the day: its growth is the traffic's.

    The weight is 1 − 0.6·cos over the day with its low at 03:00 UTC (C), integrated.
    """
    seconds = at_us / 1e6
    turn = 2 * math.pi / 86_400
    return seconds - 0.6 / turn * math.sin(turn * (seconds - 3 * 3600))
