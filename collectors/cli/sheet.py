"""Readings from the words of a command line: a value, or why there is none."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from domain.errors import InvalidValueError
from domain.metric import Metric, Readings
from domain.reading import Reading, Reason, Source, Via, known, missing

T = TypeVar("T")

_NOTHING = frozenset({"", "-", "--", "N/A", "NA", "no signal"})
_NUMBER = re.compile(r"[-+]?[0-9]{1,12}(?:\.[0-9]{1,6})?")
_LONGEST_RAW = 64
# Up to 24 blanks before a label: a page question that was wiped leaves its own length before the next line.
_LABELLED = re.compile(r"^[ \t]{0,24}([A-Za-z][^:\n]{0,60}?)\s*:[ \t]*([^\n]*?)[ \t]*$", re.MULTILINE)


def labelled(text: str) -> dict[str, str | None]:
    """The ``label : value`` lines; ``None`` for a label that comes twice with two values: neither can be believed."""
    found: dict[str, str | None] = {}
    for match in _LABELLED.finditer(text):
        label, value = match[1], match[2]
        found[label] = value if found.get(label, value) == value else None
    return found


class Sheet:
    """Gathers the readings of one answer.

    Args:
        at: When it was asked.
        command: The command, which is where the values come from; never a credential.
    """

    def __init__(self, at: datetime, command: str) -> None:
        self._at = at
        self._source = Source(Via.CLI, command)
        self._found: dict[Metric[Any], Reading[Any]] = {}

    @property
    def readings(self) -> Readings:
        """What has been gathered."""
        return Readings(self._found)

    def know(self, metric: Metric[T], value: T) -> None:
        """A value."""
        self._found[metric] = known(value, self._at, self._source)

    def lack(self, metrics: Iterable[Metric[Any]], reason: Reason, raw: str | None = None) -> None:
        """No value, and why."""
        for metric in metrics:
            shown = None if raw is None or metric.secret else raw[:_LONGEST_RAW]
            self._found[metric] = missing(reason, self._at, self._source, shown)

    def number(self, metric: Metric[float], text: str | None, low: float, high: float, unit: str = "") -> None:
        """A number of the metric's unit between two bounds, ``unit`` being what the device writes behind it."""
        if not self._has(metric, text):
            return
        assert text is not None  # noqa: S101 - for the type checker
        bare = text.removesuffix(unit).strip() if unit else text
        if not _NUMBER.fullmatch(bare):
            self.lack([metric], Reason.MALFORMED, text)
            return
        value = float(bare)
        if not (math.isfinite(value) and low <= value <= high):
            self.lack([metric], Reason.OUT_OF_RANGE, text)
            return
        self.know(metric, value)

    def word(self, metric: Metric[T], text: str | None, words: Mapping[str, T]) -> None:
        """One of some words, in any case."""
        if not self._has(metric, text):
            return
        value = words.get((text or "").lower())
        if value is None:
            self.lack([metric], Reason.MALFORMED, text)
        else:
            self.know(metric, value)

    def read(self, metric: Metric[T], text: str | None, parse: Callable[[str], T | None]) -> None:
        """Whatever ``parse`` makes of it; ``None`` or `InvalidValueError` where it is not that."""
        if not self._has(metric, text):
            return
        try:
            value = parse(text or "")
        except (InvalidValueError, ValueError):
            value = None
        if value is None:
            self.lack([metric], Reason.MALFORMED, text)
        else:
            self.know(metric, value)

    def _has(self, metric: Metric[Any], text: str | None) -> bool:
        if text is None:
            self.lack([metric], Reason.MALFORMED)
            return False
        if text in _NOTHING:
            self.lack([metric], Reason.NO_READING, text)
            return False
        return True
