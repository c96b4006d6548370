"""The SmartAX's polling cycle: its indexes for whole arrays.

The same layout as `index`, on arrays; both are compared by tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collectors.columns import Column
from collectors.cycle.plan import NOT_A_NAME, Plan, Rows, telemetry
from collectors.driving.facts import load
from collectors.snmp.column_types import Index
from collectors.snmp.walk import WHOLE, Scope
from collectors.vendors.huawei_smartax.index import SmartaxLayout
from domain.telemetry import PON_ROW, Keys

_GPON, _BITS = 0xFA000000, 12  # bits of each number of a packed name (domain.telemetry.pack); rack and shelf are 0
_MOST_ONT = 255
_IF_MIB = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_PORTS = SmartaxLayout().scope("pon")


def _pons(numbers: Keys) -> tuple[Keys, NDArray[np.bool_]]:
    """The packed name of each PON port, without ONT number; and which numbers are of one."""
    place = numbers - _GPON
    valid = (numbers >= _PORTS.first) & (numbers <= _PORTS.last) & (numbers & 0xFF == 0)
    return ((place >> 13) << _BITS | place >> 8 & 0x1F) << _BITS, valid


class _Numbered:
    def first(self, keys: Keys) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        return _GPON + (keys >> 2 * _BITS << 13 | (keys >> _BITS & 0xFFF) << 8)


@dataclass(frozen=True, slots=True)
class OntRows(_Numbered):
    """Rows indexed by ``ifIndex.ontId``."""

    arity: int = 2

    def keys(self, index: Index) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        pons, valid = _pons(index[:, 0])
        return np.where(valid & (index[:, 1] <= _MOST_ONT), pons | index[:, 1], NOT_A_NAME)


@dataclass(frozen=True, slots=True)
class PonRows(_Numbered):
    """Rows indexed by ``ifIndex``."""

    arity: int = 1

    def keys(self, index: Index) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        pons, valid = _pons(index[:, 0])
        return np.where(valid, pons | PON_ROW, NOT_A_NAME)


_ROWS: Mapping[str, Rows] = {"ont": OntRows(), "pon": PonRows()}


def _scopes(column: Column, _keys: Keys | None) -> Sequence[Scope]:
    """Of the interface table the PON ports only, which stand together."""
    return (_PORTS,) if column.oid[: len(_IF_MIB)] == _IF_MIB else (WHOLE,)


PLAN = Plan(
    telemetry(load(__package__).table.columns, _ROWS),
    lambda _learnt: _ROWS,
    scopes=_scopes,
    onts=(0, _MOST_ONT),
)
