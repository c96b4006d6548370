"""What optical modules tell of themselves beside their levels: temperature, supply, laser current.

Each module has values of its own at the reference temperature, spread over the usual range by a checksum of its name,
so that every window tells the same; heat and the age of its laser move them. Ranges: SFF-8472 typical operation of a
GPON BOSA.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from simulators.plant.state import OntState, PonState


@dataclass(frozen=True, slots=True)
class Ddm:
    """Digital diagnostics of one module: degrees Celsius, volts, milliamperes."""

    temperature_c: int
    voltage_v: float
    bias_ma: int


def ont_ddm(ont: OntState) -> Ddm | None:
    """Of the ONT's module; ``None`` while nobody can ask it."""
    if not ont.oper_up or not ont.omci_up:
        return None
    spread = crc32(str(ont.serial).encode())
    bias_ma = round((9 + spread // 299 % 12) * ont.bias_factor)
    return Ddm(round(38 + spread % 23 + ont.heat_c), 3.24 + spread // 23 % 13 / 100, bias_ma)


def pon_ddm(pon: PonState) -> Ddm:
    """Of the PON port's module; no current flows with its laser off."""
    spread = crc32(str(pon.name).encode())
    bias_ma = round((15 + spread // 299 % 12) * pon.bias_factor) if pon.laser_on else 0
    return Ddm(round(28 + spread % 15 + pon.heat_c), 3.21 + spread // 15 % 10 / 100, bias_ma)
