"""Texts of fields of whole columns, all of one width, so that lines are cut out of one array instead of joined.

A number may end with any zeros after its point: every value of a column is written as long as the longest one. Values
are multiples of a decimal step (equipments give hundredths): the text of each multiple is made once, then copied.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.telemetry import Values

Texts = NDArray[np.bytes_]

REMEMBERED = 200_000
"""Texts of numbers kept a column, 6 MB (C): beyond, each is looked up by its value, and forgotten at once."""
_SCALES = (1.0, 10.0, 100.0, 1000.0, 10_000.0)
"""Steps tried: whole numbers to ten-thousandths (powers in mW come by 0.1 µW: SFF-8472)."""
_EXACT = 1e15
"""Below it, a multiple of a step has no exponent in its text, and is exact."""


class FieldTexts:
    """Texts of one field."""

    def __init__(self, name: str, reason: str) -> None:
        self._name = name
        self._reason = reason
        self._scale = 100.0
        self._low = 0
        self._table: Texts = np.empty(0, dtype="S1")
        self._spelt: dict[float, str] = {}

    def of(self, values: Values) -> Texts | None:
        """``name=value`` of each value, all of one width; ``None`` when one needs an exponent."""
        for scale in dict.fromkeys((self._scale, *_SCALES)):
            near = np.rint(values * scale)
            if np.array_equal(near / scale, values):
                low, high = near.min(), near.max()
                if high - low < REMEMBERED and abs(low) < _EXACT and abs(high) < _EXACT:
                    return self._looked_up(near, int(low), int(high), scale)
        return self._spelt_out(values)

    def why(self, code: int) -> str:
        """The text of one reason."""
        return f"{self._reason}={code}i"

    def one(self, value: float) -> str:
        """The shortest text of one value."""
        text = self._spelt.get(value)
        if text is None:
            if len(self._spelt) >= REMEMBERED:
                self._spelt.clear()
            text = self._spelt[value] = f"{self._name}={value!r}"
        return text

    def _looked_up(self, near: Values, low: int, high: int, scale: float) -> Texts:
        known = range(self._low, self._low + len(self._table)) if scale == self._scale else range(0)
        if low not in known or high not in known:
            self._scale = scale
            self._low, end = (min(low, known.start), max(high + 1, known.stop)) if known else (low, high + 1)
            if end - self._low > REMEMBERED:
                self._low, end = low, high + 1
            margin = min((end - self._low) // 2, (REMEMBERED - (end - self._low)) // 2)  # it grows seldom
            self._low, end = self._low - margin, end + margin
            self._table = _padded([f"{self._name}={number / scale!r}" for number in range(self._low, end)])
        found: Texts = self._table[near.astype(np.int64) - self._low]
        return found

    def _spelt_out(self, values: Values) -> Texts | None:
        texts = [self.one(value) for value in values.tolist()]
        name = len(self._name)
        return None if any("e" in text[name:] for text in texts) else _padded(texts)


def constant(text: str, count: int) -> Texts:
    """The same text for each row."""
    return np.full(count, text.encode())


def rows(columns: list[Texts]) -> list[bytes]:
    """Columns side by side, as one text a row."""
    dtype: Any = np.dtype([(str(place), column.dtype) for place, column in enumerate(columns)])
    table = np.empty(len(columns[0]), dtype=dtype)
    for place, column in enumerate(columns):
        table[str(place)] = column
    found: list[bytes] = table.view(f"S{dtype.itemsize}").tolist()
    return found


def _padded(texts: list[str]) -> Texts:
    width = max(map(len, texts))
    return np.array([text.ljust(width, "0").encode() for text in texts])
