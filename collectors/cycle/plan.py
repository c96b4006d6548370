"""What a vendor says of its cycle: how rows are named, and which ranges of an index are worth reading.

A vendor's folder holds it in ``cycle.py`` as ``PLAN``; one without that file is polled by its driver's walks only.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Protocol

from collectors.columns import Cadence, Column
from collectors.cycle.batch import storable
from collectors.cycle.units import convertible
from collectors.snmp.column_types import ColumnRequest, ColumnResult, Index
from collectors.snmp.values import Oid
from collectors.snmp.walk import WHOLE, Scope
from domain.metric import Metric
from domain.telemetry import Keys

SYS_UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3)
"""Column identifier of sysUpTime (RFC 3418), without its instance."""

NOT_A_NAME = -1
"""In the place of the name of a row that is no ONT's, or no PON port's."""

Learnt = Mapping[Oid, ColumnResult]
"""What an OLT answered to the columns that a plan learns from."""


class Rows(Protocol):
    """How the rows of one kind of table are named on one OLT."""

    @property
    def arity(self) -> int:
        """Numbers that make an index."""
        ...

    def keys(self, index: Index) -> Keys:
        """The packed name of each row (`domain.telemetry.pack`, `pack_pon`), `NOT_A_NAME` where it has none."""
        ...

    def first(self, keys: Keys) -> Keys:
        """The first number of the index of each name: tells in which range of a table its row would be."""
        ...


def _whole(_column: Column, _keys: Keys | None) -> Sequence[Scope]:
    return (WHOLE,)


@dataclass(frozen=True)
class Plan:
    """A vendor's cycle.

    Attributes:
        columns: The columns of ONTs and of PON ports that telemetry keeps, in the order of preference.
        rows: How rows are named, by kind of index; told from what was learnt of the OLT.
        learns: Columns read before rows can be named; none where every OLT of the vendor has the same indexes.
        scopes: Ranges of a column that hold the rows of these ONTs, or of any where ``None``.
        later: Columns that are read where others have shown ONTs: those of tables that hold much else.
        onts: Lowest and highest number of an ONT on its PON port.
        repetitions: Rows that a request asks, at most, where the vendor's agents bear no more; ``None``: the load
            contract of the OLT tells.
    """

    columns: tuple[Column, ...]
    rows: Callable[[Learnt], Mapping[str, Rows]]
    learns: tuple[ColumnRequest, ...] = ()
    scopes: Callable[[Column, Keys | None], Sequence[Scope]] = _whole
    later: Callable[[Column], bool] = field(default=lambda _column: False)
    onts: tuple[int, int] = (1, 128)
    repetitions: int | None = None

    @cached_property
    def metrics(self) -> frozenset[Metric[Any]]:
        """Every metric that a column gives."""
        return frozenset(column.target for column in self.columns)


def telemetry(columns: Iterable[Column], kinds: Iterable[str]) -> tuple[Column, ...]:
    """Those of a vendor's columns that a cycle reads: of these kinds of index, and of what telemetry keeps."""
    wanted = frozenset(kinds)
    return tuple(
        column
        for column in columns
        if column.index in wanted
        and column.cadence is not Cadence.LIVE
        and convertible(column)
        and storable(column.target)
    )


@cache
def plan(vendor: str, package: str = "collectors.vendors") -> Plan | None:
    """The plan of a vendor; ``None`` where it has none."""
    if not vendor.isidentifier() or importlib.util.find_spec(f"{package}.{vendor}") is None:
        return None
    name = f"{package}.{vendor}.cycle"
    if importlib.util.find_spec(name) is None:
        return None
    found: Plan = importlib.import_module(name).PLAN
    return found
