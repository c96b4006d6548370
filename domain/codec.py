"""JSON form of the domain's values, for storage, replay and exchange. Reading back gives an equal value.

Secrets are written: whoever shows the JSON masks them first (`masked`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from domain.metric import Metric, Readings, metric
from domain.reading import Reading
from domain.secret import MASK

T = TypeVar("T")


@cache
def _cached(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _adapter(kind: Any) -> TypeAdapter[Any]:
    return _cached(kind)


@cache
def _reading_adapter(wanted: Metric[Any]) -> TypeAdapter[Reading[Any]]:
    return TypeAdapter(Reading[wanted.type])  # type: ignore[name-defined]  # the type is known at run time only


def dump_readings(readings: Readings) -> dict[str, Any]:
    """A JSON-ready object: metric key → reading, absent members left out."""
    return {
        m.key: _reading_adapter(m).dump_python(r, mode="json", exclude_none=True) for m, r in readings.values.items()
    }


def load_readings(data: Mapping[str, Any]) -> Readings:
    """The readings of `dump_readings`."""
    result: dict[Metric[Any], Reading[Any]] = {}
    for key, value in data.items():
        found = metric(key)
        result[found] = _reading_adapter(found).validate_python({"value": None, "reason": None, "at": None, **value})
    return Readings(result)


def dump(value: Any) -> str:
    """Canonical JSON text of any domain value: the same value always gives the same text."""
    data = _adapter(type(value)).dump_python(value, mode="json")
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def load(kind: type[T], text: str | bytes) -> T:
    """The value of `dump`."""
    value: T = _adapter(kind).validate_json(text)
    return value


def masked(readings: Mapping[str, Any]) -> dict[str, Any]:
    """The same readings with the values of secret metrics hidden."""
    return {
        key: {**value, "value": MASK} if metric(key).secret and "value" in value else dict(value)
        for key, value in readings.items()
    }
