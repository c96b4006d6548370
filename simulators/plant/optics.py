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


@dataclass(frozen=True, slots=True)
class Generation:
    """What the wavelengths of a generation of PON change.

    Attributes:
        db_km: Attenuation of G.652 fibre in each direction.
        bend: Loss by a macrobend in each direction, relative to the one at 1490 nm: it grows with wavelength.
        down_bit_s: Nominal downstream rate.
        counts_bip: Whether errors are counted by BIP; an XGS-PON has FEC alone downstream (ITU-T G.9807.1).
        codeword_octets: Length of its Reed-Solomon codeword; ``corrects`` octets of each at most.
    """

    db_km: dict[Direction, float]
    bend: dict[Direction, float]
    down_bit_s: float
    counts_bip: bool
    codeword_octets: int
    corrects: int


# 1577 nm 0.20-0.23 dB/km, 1270 nm 0.38-0.42 dB/km: typical figures of G.652.D fibre. Bends: C. FEC: RS(255,239) of
# ITU-T G.984.3, RS(248,216) of G.9807.1.
GPON = Generation(
    {direction: direction.value for direction in Direction},
    {Direction.DOWN: 1.0, Direction.UP: 0.3},
    2.48832e9,
    counts_bip=True,
    codeword_octets=255,
    corrects=8,
)
XGSPON = Generation(
    {Direction.DOWN: 0.22, Direction.UP: 0.40},
    {Direction.DOWN: 1.5, Direction.UP: 0.25},
    9.95328e9,
    counts_bip=False,
    codeword_octets=248,
    corrects=16,
)
GENERATIONS = MappingProxyType({"gpon": GPON, "xgspon": XGSPON})


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver of a class, dBm; ``quality`` is the Q factor at its sensitivity, from the reference error rate."""

    sensitivity_dbm: float
    overload_dbm: float
    quality: float

    @property
    def fec(self) -> bool:
        """Whether its sensitivity is that of a link with FEC."""
        return self.quality < _Q_1E_10

    def margin_db(self, level_dbm: float) -> float:
        """How far a level is from trouble: above the sensitivity, and below the overload."""
        return min(level_dbm - self.sensitivity_dbm, self.overload_dbm - level_dbm + _OVERLOAD_EASE_DB)

    def bit_error_rate(self, level_dbm: float) -> float:
        """Errors a bit before FEC: Q goes with the power where thermal noise dominates (PIN and TIA)."""
        return 0.5 * math.erfc(self.quality * 10.0 ** (self.margin_db(level_dbm) / 10.0) / math.sqrt(2.0))

    def holds(self, level_dbm: float) -> bool:
        """Whether a link lives on that level."""
        return self.margin_db(level_dbm) >= -LOST_BELOW_DB


LOST_BELOW_DB = 1.5  # C: a link holds somewhat below the sensitivity of its class
_OVERLOAD_EASE_DB = 3.0  # C: a receiver makes its first errors that much above the overload of its class
_Q_1E_3, _Q_1E_4, _Q_1E_10 = 3.0902, 3.7190, 6.3613  # Q of an error rate of 10^-3, 10^-4, 10^-10


@dataclass(frozen=True, slots=True)
class OpticalLimits:
    """Limits of a class: the two receivers, the spans of what is sent (dBm) and of the path loss (dB)."""

    ont: Receiver
    olt: Receiver
    olt_tx_dbm: tuple[float, float]
    ont_tx_dbm: tuple[float, float]
    loss_db: tuple[float, float]


def _xgs(olt_tx: tuple[float, float], olt_rx: tuple[float, float], loss: tuple[float, float]) -> OpticalLimits:
    return OpticalLimits(Receiver(-28, -9, _Q_1E_3), Receiver(*olt_rx, _Q_1E_3), olt_tx, (4, 9), loss)


# ITU-T G.984.2 and its amendments 1 and 2, G.9807.1; levels at the OLT's receiver of XGS-PON: B. Reference error rates:
# 10^-10 without FEC, 10^-4 before the FEC of class C+ downstream, 10^-3 before the FEC of XGS-PON.
CLASSES = MappingProxyType(
    {
        "B+": OpticalLimits(Receiver(-27, -8, _Q_1E_10), Receiver(-28, -8, _Q_1E_10), (1.5, 5), (0.5, 5), (13, 28)),
        "C": OpticalLimits(Receiver(-28, -8, _Q_1E_10), Receiver(-29, -8, _Q_1E_10), (3, 7), (2, 7), (15, 30)),
        "C+": OpticalLimits(Receiver(-30, -8, _Q_1E_4), Receiver(-32, -12, _Q_1E_10), (3, 7), (0.5, 5), (17, 32)),
        "N1": _xgs((2, 5), (-26, -5), (14, 29)),
        "N2": _xgs((4, 7), (-28, -7), (16, 31)),
        "E1": _xgs((6, 9), (-30, -9), (18, 33)),
        "E2": _xgs((8, 11), (-32, -11), (20, 35)),
    }
)


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

    def loss_db(self, direction: Direction, generation: Generation = GPON) -> float:
        """Loss from end to end in that direction."""
        return math.fsum(
            (
                generation.db_km[direction] * self.length_m / 1000.0,
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


def codewords_lost(bit_error_rate: float, generation: Generation) -> float:
    """Share of the codewords with more wrong octets than FEC corrects (independent errors: Poisson's tail)."""
    wrong = generation.codeword_octets * 8.0 * bit_error_rate
    if wrong > generation.corrects:
        return 1.0
    if wrong <= 0.0:
        return 0.0
    first = generation.corrects + 1
    term = math.exp(first * math.log(wrong) - wrong - math.lgamma(first + 1))
    total = 0.0
    for count in range(first, first + 40):
        total += term
        term *= wrong / (count + 1)
    return total


def left_by_fec(bit_error_rate: float, receiver: Receiver, generation: Generation) -> float:
    """Errors a bit that remain behind FEC, where the receiver's class counts on it."""
    return bit_error_rate * codewords_lost(bit_error_rate, generation) if receiver.fec else bit_error_rate


def levels(path: OpticalPath, olt_tx_dbm: float, ont_tx_dbm: float) -> Levels:
    """Levels received at both ends of a whole path."""
    return Levels(
        ont_rx_dbm=olt_tx_dbm - path.loss_db(Direction.DOWN),
        olt_rx_dbm=ont_tx_dbm - path.loss_db(Direction.UP),
    )
