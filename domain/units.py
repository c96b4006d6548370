"""Optical and numeric units: dBm for levels, dB for losses, metres for lengths."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

from domain.errors import InvalidValueError

_MOST = 1e15
_TWO_DECIMALS = 3  # the point and what follows it


def dbm_to_mw(level_dbm: float) -> float:
    """Power in milliwatts of a level in dBm (0 dBm = 1 mW)."""
    return math.pow(10.0, level_dbm / 10.0)


def mw_to_dbm(power_mw: float) -> float:
    """Level in dBm of a power in milliwatts; a power of zero or less has none and raises `InvalidValueError`."""
    if not power_mw > 0.0:
        raise InvalidValueError("power_mw", power_mw, "a power above 0 mW")
    return 10.0 * math.log10(power_mw)


def loss_db(transmitted_dbm: float, received_dbm: float) -> float:
    """Loss of a path in dB, from the level at its near end and the level at its far end."""
    return transmitted_dbm - received_dbm


def format_level(level: float) -> str:
    """A level as the e-SAV screen prints it: decimal point, one or two decimals (``3.4``, ``-19.36``)."""
    shown = repr(level)
    if not abs(level) < _MOST:
        return shown
    if level and len(shown) - shown.find(".") <= _TWO_DECIMALS and "e" not in shown:
        return shown
    rounded = Decimal(repr(level)).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    if rounded == 0:
        return "0.0"
    text = f"{rounded:f}"
    return text[:-1] if text.endswith("0") else text
