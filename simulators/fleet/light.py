"""Levels of a whole OLT at one moment: what fibre, weather, age and faults leave, and what modules read of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from simulators.fleet.faults import Wrong
from simulators.fleet.physics import DAY_US, Reals, mixed, path_loss_db
from simulators.fleet.topology import EPOCH, Topology
from simulators.plant.environment import BIAS_PER_C, BIAS_PER_DB, CABINET, INDOORS
from simulators.plant.optics import Direction
from simulators.plant.weather import REFERENCE_C, Weather

PACE_US = 60 * 1_000_000  # C: how long a value of light stands before temperature and noise move it
_NOISE_DB = 0.06  # C: half span of what a level does from one reading to the next
_LASER_DB_C = 0.008  # C: less light from an ONT for each degree of the air
_YEAR_US = 365.2425 * DAY_US


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """What the ONTs receive and send, and what the OLT receives of each and its ports send, in dBm: the truth."""

    received: Reals
    sent: Reals
    heard: Reals
    pon_tx: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """What modules read: levels in dBm, NaN where nothing can be; currents as times the usual one; heat in degrees."""

    ont_rx_dbm: Reals
    ont_tx_dbm: Reals
    olt_rx_dbm: Reals
    pon_tx_dbm: Reals
    ont_bias: Reals
    pon_bias: Reals
    ont_heat_c: float
    pon_heat_c: float


class Optics:
    """The physics of all the paths of an OLT.

    Args:
        seed: Of the noise of its modules.
    """

    def __init__(self, topology: Topology, weather: Weather, seed: int) -> None:
        self._topology, self._weather, self._seed = topology, weather, seed

    def levels(self, at_us: int, wrong: Wrong) -> Levels:
        """The truth at an instant, whether ONTs work or not."""
        t, light = self._topology, self._topology.generation.light
        warm = self._warmer_c(at_us)
        extra = t.workmanship_db + t.heat_db_c * warm + wrong.both_db
        sent = t.tx_dbm - self._aged_db(at_us) - _LASER_DB_C * warm - wrong.ont_db
        pon_tx = t.pon_tx_dbm - wrong.port_db
        down = path_loss_db(t.length_m, t.splitter_db, light.db_km[Direction.DOWN])
        up = path_loss_db(t.length_m, t.splitter_db, light.db_km[Direction.UP])
        received = pon_tx[t.port] - down - extra - light.bend[Direction.DOWN] * wrong.bend_db
        heard = sent - up - extra - light.bend[Direction.UP] * wrong.bend_db - wrong.receiver_db[t.port]
        return Levels(received, sent, heard, pon_tx)

    def read(
        self,
        at_us: int,
        wrong: Wrong,
        up: NDArray[np.bool_],
        managed: NDArray[np.bool_],
        lit: NDArray[np.bool_],
    ) -> Light:
        """What modules read: of ONTs that are ``up``, by OMCI from those ``managed``, of ports that are ``lit``."""
        t, true = self._topology, self.levels(at_us, wrong)
        rows = np.arange(len(t.slot), dtype=np.uint64)
        turn = at_us // PACE_US
        noise = [(mixed(rows, self._seed * 7919 + turn * 3 + part) - 0.5) * (2 * _NOISE_DB) for part in range(3)]
        indoors, cabinet = self._warmer_c(at_us) * INDOORS, self._warmer_c(at_us) * CABINET
        aged = 1.0 + BIAS_PER_DB * self._aged_db(at_us)
        return Light(
            ont_rx_dbm=np.where(managed, true.received + t.error_rx_db + noise[0], np.nan),
            ont_tx_dbm=np.where(managed, true.sent + t.error_tx_db + noise[1] / 2, np.nan),
            olt_rx_dbm=np.where(up, true.heard + t.error_olt_db + noise[2], np.nan),
            pon_tx_dbm=np.where(lit, true.pon_tx, np.nan),
            ont_bias=aged * (1.0 + BIAS_PER_C * indoors) * wrong.ont_bias,
            pon_bias=(1.0 + BIAS_PER_C * cabinet) * wrong.port_bias,
            ont_heat_c=indoors,
            pon_heat_c=cabinet,
        )

    def _warmer_c(self, at_us: int) -> float:
        return self._weather.temperature_c(EPOCH + timedelta(microseconds=at_us)) - REFERENCE_C

    def _aged_db(self, at_us: int) -> Reals:
        t = self._topology
        return t.ageing_db_year * ((at_us - t.installed_us) / _YEAR_US)
