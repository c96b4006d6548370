"""The vendor's facts, loaded from the data files of this folder and validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import TypeAdapter

from collectors.columns import Column, ColumnTable
from collectors.snmp.values import Oid
from domain.errors import InvalidValueError
from domain.metric import Metric
from domain.metrics import olt, ont

VENDOR = "nokia_isam"

LINEAR_SLOT: Oid = (1, 3, 6, 1, 4, 1, 637, 61, 1, 23, 3, 1, 32)
"""Linear slot of each board (ASAM-EQUIP-MIB, recording): what ties board rows to ifIndex."""

SFP_TX: Oid = (1, 3, 6, 1, 4, 1, 637, 61, 1, 56, 5, 1, 6)
"""Power sent by the SFP of {board}.{faceplate}, as text (SFP MIB, recording): ``4.94 dBm``, ``No Power``."""

SYS_OBJECT_ID: Oid = (1, 3, 6, 1, 4, 1, 637, 61, 1)
"""Prefix of sysObjectID (recording)."""

_DERIVED: frozenset[Metric[Any]] = frozenset(
    {olt.OLT_REACHABLE, olt.CARD_KIND, olt.PON_LASER_ON, ont.ONT_PASSWORD, ont.ONT_PROVISIONED}
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Declared columns, and the service of each type of board."""

    table: ColumnTable
    services: Mapping[str, str]

    @property
    def capabilities(self) -> frozenset[Metric[Any]]:
        """Every metric that the columns, the CLI and their deductions can give."""
        return self.table.metrics | _DERIVED

    def column(self, wanted: Metric[Any]) -> Column:
        """The column that gives a metric."""
        for column in self.table.columns:
            if column.target is wanted:
                return column
        raise InvalidValueError("column", wanted.key, "a metric with a declared column")


@cache
def load() -> Facts:
    """Read the data files, once."""
    folder = files(__package__)
    boards = TypeAdapter(dict[str, list[str]]).validate_python(
        yaml.safe_load((folder / "boards.yaml").read_text("utf-8"))
    )
    services: dict[str, str] = {}
    for service, types in boards.items():
        for board in types:
            if services.setdefault(board, service) != service:
                raise InvalidValueError("boards", board, "a type of board with one service")
    return Facts(ColumnTable.load((folder / "columns.yaml").read_text("utf-8")), services)
