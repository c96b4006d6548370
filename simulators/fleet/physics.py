"""Light over a whole OLT at once: the physics of `simulators.plant.optics`, a row an ONT.

Lengths in metres, losses in dB, levels in dBm, temperatures in degrees Celsius, instants in microseconds since 1970.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.plant.optics import (
    CLASSES,
    CONNECTOR_LOSS_DB,
    CONNECTORS,
    GPON,
    SPLICE_LOSS_DB,
    SPLICES,
    XGSPON,
    Direction,
    OpticalLimits,
    Receiver,
    left_by_fec,
    splitter_loss_db,
)
from simulators.plant.optics import Generation as Wavelengths

Reals = NDArray[np.float64]
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation of PON, with the class of its optics.

    Attributes:
        olt_tx_dbm: Span of the level that new ports send, within the class; ``ont_tx_dbm`` the same for ONTs.
    """

    name: str
    light: Wavelengths
    limits: OpticalLimits
    olt_tx_dbm: tuple[float, float]
    ont_tx_dbm: tuple[float, float]


GPON_B_PLUS = Generation("gpon", GPON, CLASSES["B+"], (2.5, 4.5), (1.2, 3.2))
GPON_C_PLUS = Generation("gpon", GPON, CLASSES["C+"], (4.2, 6.5), (1.2, 3.2))
XGS_N1 = Generation("xgs", XGSPON, CLASSES["N1"], (3.0, 4.8), (4.5, 6.5))
XGS_N2 = Generation("xgs", XGSPON, CLASSES["N2"], (4.3, 6.5), (4.5, 6.5))

_FIXED_LOSS_DB = CONNECTOR_LOSS_DB * CONNECTORS + SPLICE_LOSS_DB * SPLICES
_WORKMANSHIP_DB = 1.0  # C: what a network is planned with beyond typical losses
_LEAST_BER = 1e-15  # below it nothing is ever counted


@dataclass(frozen=True, slots=True, eq=False)
class Reception:
    """What a receiver makes of the light of each ONT: errors a bit before and behind FEC, and whether a link lives."""

    raw: Reals
    left: Reals
    holds: NDArray[np.bool_]


def received(level_dbm: Reals, receiver: Receiver, light: Wavelengths) -> Reception:
    """Every level; only those near the limits of the receiver are looked at one by one, the others make no error."""
    near_db = clear_db(receiver)
    suspect = (level_dbm < receiver.sensitivity_dbm + near_db) | (level_dbm > receiver.overload_dbm - near_db)
    raw, left = np.zeros(len(level_dbm)), np.zeros(len(level_dbm))
    holds = np.ones(len(level_dbm), np.bool_)
    for row in np.flatnonzero(suspect).tolist():
        level = float(level_dbm[row])
        holds[row] = receiver.holds(level)
        raw[row] = receiver.bit_error_rate(level)
        left[row] = left_by_fec(raw[row], receiver, light)
    return Reception(counted(raw), counted(left), holds)


def clear_db(receiver: Receiver) -> float:
    """A margin at which a receiver makes no error that would ever be counted."""
    return 4.5 if receiver.fec else 1.5


def counted(rates: Reals) -> Reals:
    """Error rates, those too small to be ever counted being none."""
    return np.where(rates > _LEAST_BER, rates, 0.0)


def longest_m(generation: Generation, splitters_db: float) -> float:
    """The longest path that the class bears, with some workmanship."""
    left_db = generation.limits.loss_db[1] - _WORKMANSHIP_DB - splitters_db - _FIXED_LOSS_DB
    return left_db / generation.light.db_km[Direction.UP] * 1000.0


def path_loss_db(length_m: Reals, splitters_db: Reals, db_km: float) -> Reals:
    """Typical loss from end to end at a wavelength of that attenuation."""
    return db_km * length_m / 1000.0 + splitters_db + _FIXED_LOSS_DB


def splitters_db(ratios: tuple[int, int]) -> float:
    """Loss of the two splitters of a path."""
    return sum(splitter_loss_db(ratio) for ratio in ratios)


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
