"""A metric: one thing that can be read, declared once with its type and unit; and the bag of readings keyed by it.

Adding a metric is adding one entry to a file of `domain.metrics`; nothing else lists them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from domain.errors import InvalidValueError
from domain.reading import Reading, Reason, missing

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Metric(Generic[T]):
    """One thing that can be read.

    Attributes:
        key: Stable name, ``entity.name_unit``: storage and replay rely on it.
        type: Python type of the value; pydantic reads and writes it.
        unit: Unit symbol, empty for states and texts.
        label_fr: What an agent reads.
        secret: Whether only some rights may see the value.
    """

    key: str
    type: type[T]
    label_fr: str
    unit: str = ""
    secret: bool = False

    @property
    def entity(self) -> str:
        """What the metric describes: ``olt``, ``ont``, ``box``, ``session``, ``reference``, ``context`` and others."""
        return self.key.partition(".")[0]

    def __repr__(self) -> str:
        return f"Metric({self.key})"


@cache
def all_metrics() -> Mapping[str, Metric[Any]]:
    """Every declared metric by its key, found in the modules of `domain.metrics`."""
    package = importlib.import_module("domain.metrics")
    found: dict[str, Metric[Any]] = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"domain.metrics.{info.name}")
        for value in vars(module).values():
            if isinstance(value, Metric) and found.setdefault(value.key, value) is not value:
                raise InvalidValueError("metric", value.key, "declared once")
    return found


def metric(key: str) -> Metric[Any]:
    """The metric of that key; raises `InvalidValueError` when none is declared."""
    found = all_metrics().get(key)
    if found is None:
        raise InvalidValueError("metric", key, "a declared metric")
    return found


_NOT_READ: Reading[Any] = missing(Reason.NOT_READ)


@dataclass(frozen=True, slots=True)
class Readings:
    """An immutable bag of readings keyed by metric. What was never read answers with the reason ``not_read``."""

    values: Mapping[Metric[Any], Reading[Any]] = field(default_factory=dict)

    def __getitem__(self, wanted: Metric[T]) -> Reading[T]:
        return self.values.get(wanted, _NOT_READ)

    def __contains__(self, wanted: Metric[Any]) -> bool:
        return wanted in self.values

    def __iter__(self) -> Iterator[Metric[Any]]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def value(self, wanted: Metric[T]) -> T | None:
        """The value alone, ``None`` when unknown."""
        reading = self.values.get(wanted)
        return None if reading is None else reading.value

    def merged(self, *others: Readings) -> Readings:
        """This bag with the others laid over it in turn; a reading with a value is never hidden by one without."""
        result = dict(self.values)
        for other in others:
            for key, reading in other.values.items():
                if reading.known or not (key in result and result[key].known):
                    result[key] = reading
        return Readings(result)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: type[Any], _handler: GetCoreSchemaHandler) -> CoreSchema:
        from domain import codec  # noqa: PLC0415 - the codec needs this module

        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else codec.load_readings(value),
            serialization=core_schema.plain_serializer_function_ser_schema(codec.dump_readings),
        )

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{m.key}={'***' if m.secret and r.known else (r.value if r.known else r.reason)}"
            for m, r in self.values.items()
        )
        return f"Readings({shown})"
