"""The JSON of readings written by hand: what `domain.codec.load` reads back, ten times cheaper to write.

An Inform is written once and read back only when somebody looks at the box.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import Enum
from typing import Any

from domain.identifiers import Text
from domain.metric import Readings
from domain.reading import Quality, Reading


def dump_stored(readings: Readings) -> str:
    """Readings as they will be read back: a value read live is a stored one from now on."""
    return json.dumps(
        {metric.key: _reading(reading) for metric, reading in readings.values.items()}, separators=(",", ":")
    )


def _reading(reading: Reading[Any]) -> dict[str, Any]:
    quality = Quality.STORED if reading.quality is Quality.LIVE else reading.quality
    source = {"via": reading.source.via.value, "locator": reading.source.locator}
    result: dict[str, Any] = {"source": source, "quality": quality.value}
    for name, item in (("value", reading.value), ("reason", reading.reason), ("at", reading.at), ("raw", reading.raw)):
        if item is not None:
            result[name] = _plain(item)
    return result


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Text) else value
