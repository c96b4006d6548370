"""Light between a port and an ONT at one moment: what arrives, what is read of it, whether a link lives on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from simulators.plant.conditions import Conditions
from simulators.plant.environment import Environment
from simulators.plant.layout import OntLayout, PonLayout
from simulators.plant.optics import Direction, left_by_fec

_LEAST_BER = 1e-15  # below it nothing is ever counted


@dataclass(frozen=True, slots=True)
class Light:
    """Levels as both ends read them (dBm), and the errors a bit that light and disturbance make behind FEC.

    Attributes:
        pre_fec: Errors a bit downstream before FEC; 0 where the class has none.
    """

    rx_dbm: float
    tx_dbm: float
    olt_rx_dbm: float
    ber_up: float
    ber_down: float
    pre_fec: float
    holds: bool


class Optics:
    """The physics of every path of a plant. Losses of paths are worked out once."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._losses: dict[int, tuple[float, float]] = {}

    def port_tx_dbm(self, pon: PonLayout, wrong: Conditions, now: datetime) -> float:
        """What a port's laser sends."""
        return pon.tx_dbm - wrong.olt_tx_db.get(pon.name, 0.0) - self._environment.aged_db(now)

    def port_reading_dbm(self, pon: PonLayout, wrong: Conditions, now: datetime) -> float:
        """What its module reads of it."""
        return self.port_tx_dbm(pon, wrong, now) + self._environment.error_db(f"{pon.name}/tx", now)

    def between(self, pon: PonLayout, ont: OntLayout, wrong: Conditions, now: datetime) -> Light:
        """Light on the path of that ONT, its port and itself transmitting."""
        name, generation, limits, around = ont.name, pon.generation, pon.limits, self._environment
        down_db, up_db = self._path(pon, ont)
        bend, both = wrong.bend_db.get(name, 0.0), wrong.loss_db.get(name, 0.0)
        both += around.fibre_db(ont.path.length_m, now)
        tx = ont.tx_dbm - wrong.ont_tx_db.get(name, 0.0) - around.aged_db(now)
        rx = self.port_tx_dbm(pon, wrong, now) - down_db - both - bend * generation.bend[Direction.DOWN]
        heard = tx - up_db - both - bend * generation.bend[Direction.UP] - wrong.olt_rx_db.get(pon.name, 0.0)
        raw_up, raw_down = limits.olt.bit_error_rate(heard), limits.ont.bit_error_rate(rx)
        left_up = left_by_fec(raw_up, limits.olt, generation) + wrong.ber_up.get(name, 0.0)
        left_down = left_by_fec(raw_down, limits.ont, generation) + wrong.ber_down.get(name, 0.0)
        return Light(
            rx_dbm=rx + around.error_db(f"{name}/rx", now),
            tx_dbm=tx + around.error_db(f"{name}/tx", now),
            olt_rx_dbm=heard + around.error_db(f"{name}/olt", now),
            ber_up=_counted(left_up),
            ber_down=_counted(left_down),
            pre_fec=_counted(raw_down) if limits.ont.fec else 0.0,
            holds=limits.olt.holds(heard) and limits.ont.holds(rx),
        )

    def _path(self, pon: PonLayout, ont: OntLayout) -> tuple[float, float]:
        found = self._losses.get(ont.number)
        if found is None:
            path = ont.path
            found = (path.loss_db(Direction.DOWN, pon.generation), path.loss_db(Direction.UP, pon.generation))
            self._losses[ont.number] = found
        return found


def _counted(rate: float) -> float:
    return rate if rate > _LEAST_BER else 0.0
