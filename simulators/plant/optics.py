"""Light on a passive optical network: what leaves one end, less what the path takes, arrives at the other.

Nothing here is random: a level follows from transmitters, lengths, splitters, connectors and splices (ITU-T G.984.2
power budget). Lengths in metres, losses in dB, levels in dBm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from domain.errors import InvalidValueError


class Direction(Enum):
    """A direction of G-PON with the attenuation of G.652 fibre at its wavelength, dB/km (typical values)."""

    DOWN = 0.25  # 1490 nm, ITU-T G.984.2 8.2.2.2
    UP = 0.35  # 1310 nm


# Insertion loss of a PLC splitter, typical values in dB (Telcordia GR-1209 gives the maxima 0.8 + 3.4·log2 N).
SPLITTER_LOSS_DB = MappingProxyType({1: 0.0, 2: 3.6, 4: 7.1, 8: 10.3, 16: 13.5, 32: 16.8, 64: 20.1, 128: 23.5})
CONNECTOR_LOSS_DB = 0.25  # SC/APC, typical 0.2-0.3
SPLICE_LOSS_DB = 0.06  # fusion splice, typical 0.05-0.1
CONNECTORS = 5  # central office to ONT: ODF, PM in and out, PBO, PTO (C: count used for the expected level)
SPLICES = 6  # C: same


@dataclass(frozen=True, slots=True)
class OpticalPath:
    """The passive path between a PON port and an ONT.

    Attributes:
        length_m: Fibre from end to end.
        splitters: Ratio of each splitter in the path, from the OLT down.
        excess_db: Loss beyond the typical one (dirt, bends …), the same in both directions.
    """

    length_m: float
    splitters: tuple[int, ...]
    excess_db: float = 0.0
    connectors: int = CONNECTORS
    splices: int = SPLICES

    def loss_db(self, direction: Direction) -> float:
        """Loss from end to end in that direction."""
        return math.fsum(
            (
                direction.value * self.length_m / 1000.0,
                *(splitter_loss_db(ratio) for ratio in self.splitters),
                CONNECTOR_LOSS_DB * self.connectors,
                SPLICE_LOSS_DB * self.splices,
                self.excess_db,
            )
        )

    @property
    def splitter_ratio(self) -> int:
        """Product of the ratios: 64 for 1:8 after 1:8."""
        return math.prod(self.splitters)


@dataclass(frozen=True, slots=True)
class Levels:
    """What both ends receive, dBm."""

    ont_rx_dbm: float
    olt_rx_dbm: float


def splitter_loss_db(ratio: int) -> float:
    """Typical loss of a 1:``ratio`` splitter; a ratio that is not made raises `InvalidValueError`."""
    try:
        return SPLITTER_LOSS_DB[ratio]
    except KeyError:
        raise InvalidValueError("splitter", ratio, f"a ratio among {', '.join(map(str, SPLITTER_LOSS_DB))}") from None


def levels(path: OpticalPath, olt_tx_dbm: float, ont_tx_dbm: float) -> Levels:
    """Levels received at both ends of a whole path."""
    return Levels(
        ont_rx_dbm=olt_tx_dbm - path.loss_db(Direction.DOWN),
        olt_rx_dbm=ont_tx_dbm - path.loss_db(Direction.UP),
    )
