"""A vendor's facts, loaded from the data files of its folder and validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import yaml
from pydantic import TypeAdapter

from collectors.columns import Column, ColumnTable
from domain.errors import InvalidValueError
from domain.metric import Metric


@dataclass(frozen=True)
class Facts:
    """Declared columns, and the service of each type of board.

    Attributes:
        derived: Metrics that no column gives, but that follow from others or come another way.
    """

    table: ColumnTable
    services: Mapping[str, str]
    derived: frozenset[Metric[Any]] = field(default_factory=frozenset)

    @cached_property
    def capabilities(self) -> frozenset[Metric[Any]]:
        """Every metric that the columns and what is derived from them can give."""
        return self.table.metrics | self.derived

    @cached_property
    def choices(self) -> Mapping[Metric[Any], tuple[Column, ...]]:
        """The columns of each metric, the preferred one first."""
        found: dict[Metric[Any], tuple[Column, ...]] = {}
        for column in self.table.columns:
            found[column.target] = (*found.get(column.target, ()), column)
        return found

    def column(self, wanted: Metric[Any]) -> Column:
        """The (preferred) column that gives a metric."""
        if wanted not in self.choices:
            raise InvalidValueError("column", wanted.key, "a metric with a declared column")
        return self.choices[wanted][0]


@cache
def load(package: str, derived: frozenset[Metric[Any]] = frozenset()) -> Facts:
    """Read ``columns.yaml`` of a vendor's package, and ``boards.yaml`` where there is one; once."""
    folder = files(package)
    table = ColumnTable.load((folder / "columns.yaml").read_text("utf-8"))
    boards = folder / "boards.yaml"
    return Facts(table, _services(boards.read_text("utf-8")) if boards.is_file() else {}, derived)


def _services(text: str) -> dict[str, str]:
    services: dict[str, str] = {}
    for service, types in TypeAdapter(dict[str, list[str]]).validate_python(yaml.safe_load(text)).items():
        for board in types:
            if services.setdefault(board, service) != service:
                raise InvalidValueError("boards", board, "a type of board with one service")
    return services
