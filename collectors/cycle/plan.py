"""What a vendor says of its cycle: how rows are named, and which ranges of an index are worth reading.

A vendor's folder holds it in ``cycle.py`` as ``PLAN``; one without that file is polled by its driver's walks only.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from functools import cache
from typing import Protocol

from collectors.columns import Column
from collectors.snmp.column_types import Index
from collectors.snmp.values import Oid
from collectors.snmp.walk import Scope
from domain.telemetry import Keys


class Rows(Protocol):
    """How the rows of one kind of table are named."""

    @property
    def arity(self) -> int:
        """Numbers that make an index."""
        ...

    def keys(self, index: Index) -> Keys:
        """The packed name of each row (`domain.telemetry.pack`), -1 where the row is no ONT's. In the order of rows."""
        ...

    def first(self, keys: Keys) -> Keys:
        """The first number of the index of each ONT: tells in which range of a table its row would be."""
        ...


class Plan(Protocol):
    """A vendor's cycle."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of ONTs that telemetry keeps."""
        ...

    @property
    def uptime(self) -> Oid:
        """Column identifier of sysUpTime, without its instance."""
        ...

    def rows(self, column: Column) -> Rows:
        """How the rows of a column are named."""
        ...

    def everywhere(self, column: Column) -> bool:
        """Whether a column holds rows of ONTs only, so that it is read as a whole; else see `scopes`."""
        ...

    def scopes(self, keys: Keys | None) -> Sequence[Scope]:
        """Ranges that hold these ONTs, and their neighbours of the same board; of any ONT where none is known."""
        ...


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
