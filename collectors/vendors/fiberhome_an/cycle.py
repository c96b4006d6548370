"""The AN5516's and AN6000's polling cycle: their indexes for whole arrays.

The same layout as `index`, on arrays; both are compared by tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collectors.cycle.plan import NOT_A_NAME, Plan, Rows, telemetry
from collectors.driving.facts import load
from collectors.snmp.column_types import Index
from domain.telemetry import PON_ROW, Keys

_BITS = 12  # of each number of a packed name (domain.telemetry.pack)
_SHELF = (1 << _BITS | 1) << 3 * _BITS  # rack 1, shelf 1: one frame a node
_MOST_ONU = 256


def _pons(numbers: Keys) -> tuple[Keys, NDArray[np.bool_]]:
    """The packed name of each PON port, without ONU number; and which numbers are of one."""
    slots, pons = numbers >> 25, numbers >> 19 & 0x3F
    return _SHELF | slots << 2 * _BITS | pons << _BITS, (slots >= 1) & (slots < 64) & (pons >= 1)


def _number(keys: Keys) -> Keys:
    return (keys >> 2 * _BITS & 0xFFF) << 25 | (keys >> _BITS & 0xFFF) << 19


@dataclass(frozen=True, slots=True)
class OnuRows:
    """Rows indexed by the number of an ONU."""

    arity: int = 1

    def keys(self, index: Index) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        numbers = index[:, 0]
        pons, valid = _pons(numbers)
        onus = numbers >> 8 & 0x7FF
        return np.where(valid & (numbers & 0xFF == 0) & (onus >= 1) & (onus <= _MOST_ONU), pons | onus, NOT_A_NAME)

    def first(self, keys: Keys) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        return _number(keys) | (keys & 0xFFF) << 8


@dataclass(frozen=True, slots=True)
class PairRows:
    """Rows indexed by the number of a PON port and that of an ONU on it."""

    arity: int = 2

    def keys(self, index: Index) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        pons, valid = _pons(index[:, 0])
        onus = index[:, 1]
        return np.where(valid & (onus >= 1) & (onus <= _MOST_ONU), pons | onus, NOT_A_NAME)

    def first(self, keys: Keys) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        return _number(keys)


@dataclass(frozen=True, slots=True)
class PonRows:
    """Rows indexed by the number of a PON port."""

    arity: int = 1

    def keys(self, index: Index) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        pons, valid = _pons(index[:, 0])
        return np.where(valid, pons | PON_ROW, NOT_A_NAME)

    def first(self, keys: Keys) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        return _number(keys)


_ROWS: Mapping[str, Rows] = {"ont": OnuRows(), "ont.pair": PairRows(), "pon": PonRows()}

PLAN = Plan(telemetry(load(__package__).table.columns, _ROWS), lambda _learnt: _ROWS, onts=(1, _MOST_ONU))
