"""What a rule looks at, in order: it is evaluated on a stand-in of the case that notes what is asked of it.

Where a rule does not apply, each yes-or-no that it asked is turned over alone: one that makes it apply is what lacked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from functools import partial
from typing import Any, cast

from diagnostics.case import Case
from diagnostics.rule import Match, Rule
from diagnostics.thresholds import Thresholds
from domain.access import OutsidePlant
from domain.metric import Metric, Readings
from domain.reading import Reading
from domain.snapshot import Snapshot

CASE = "case"
THRESHOLDS = "thresholds"
Path = tuple[str, ...]
_PARTS = (Snapshot, OutsidePlant)
_YES_OR_NO = frozenset({"bool", "Tri", "bool | None"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that a rule asked.

    Attributes:
        path: The names that lead to it, `CASE` or `THRESHOLDS` first.
        value: What it got.
        yes_or_no: Whether it is a fact: true, false or unknown.
        metric: The metric, where it asked for a reading.
    """

    path: Path
    value: Any
    yes_or_no: bool = False
    metric: Metric[Any] | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule, what it said and what it asked.

    Attributes:
        seen: What it asked, each thing once, in order.
        lacking: Facts that would each, alone, have made it apply, with the value that they lacked.
    """

    rule: Rule
    match: Match | None
    seen: tuple[Seen, ...]
    lacking: tuple[Seen, ...] = ()


def evaluate(rule: Rule, case: Case, thresholds: Thresholds) -> Tried:
    """Evaluate a rule and note what it asks, and what it lacked."""
    log = _Log()
    match = _evaluate(rule, case, thresholds, log)
    seen = tuple(log.seen.values())
    lacking = () if match is not None else tuple(_lacking(rule, case, thresholds, seen))
    return Tried(rule, match, seen, lacking)


def _lacking(rule: Rule, case: Case, thresholds: Thresholds, seen: tuple[Seen, ...]) -> Iterator[Seen]:
    for one in seen:
        for value in (True, False) if one.yes_or_no else ():
            if value is not one.value and _evaluate(rule, case, thresholds, _Log({one.path: value})) is not None:
                yield replace(one, value=value)


@dataclass(slots=True)
class _Log:
    """What was asked so far, and what to answer instead of the truth."""

    instead: Mapping[Path, bool] = field(default_factory=dict)
    seen: dict[Path, Seen] = field(default_factory=dict)

    def answer(self, seen: Seen) -> Any:
        """What the rule gets."""
        self.seen.setdefault(seen.path, seen)
        return self.instead.get(seen.path, seen.value)


def _evaluate(rule: Rule, case: Case, thresholds: Thresholds, log: _Log) -> Match | None:
    watched = cast("Case", _Watched(case, (CASE,), log))
    return rule.evaluate(watched, cast("Thresholds", _Watched(thresholds, (THRESHOLDS,), log)))


class _Watched:
    """Stands for a part of the case, or for the thresholds."""

    def __init__(self, value: Any, path: Path, log: _Log) -> None:
        self._value = value
        self._path = path
        self._log = log
        self._parts: dict[str, _Watched] = {}  # a part asked twice is the same part

    def __getattr__(self, name: str) -> Any:
        found, path = getattr(self._value, name), (*self._path, name)
        if isinstance(found, Readings):
            return self._parts.setdefault(name, _WatchedReadings(found, path, self._log))
        if isinstance(found, _PARTS) or (is_dataclass(found) and type(found).__module__.startswith("diagnostics.")):
            return self._parts.setdefault(name, _Watched(found, path, self._log))
        if callable(found):
            return partial(self._called, path, found)
        return self._log.answer(Seen(path, found, _is_fact(type(self._value), name)))

    def _called(self, path: Path, method: Callable[..., Any], *arguments: Any) -> Any:
        return self._log.answer(Seen(path, method(*arguments), _is_fact(type(self._value), path[-1])))


class _WatchedReadings(_Watched):
    """Stands for the readings."""

    def __getitem__(self, metric: Metric[Any]) -> Reading[Any]:
        reading: Reading[Any] = self._value[metric]
        self._log.answer(Seen((*self._path, metric.key), reading.value, metric=metric))
        return reading

    def value(self, metric: Metric[Any]) -> Any:
        """The value alone, as `Readings.value`."""
        value = self._value.value(metric)
        return self._log.answer(Seen((*self._path, metric.key), value, metric.type is bool, metric))


def _is_fact(kind: type, name: str) -> bool:
    """Whether what a class says under that name is true, false or unknown, by its annotation."""
    annotations = kind.__annotations__
    if name not in annotations and hasattr(kind, name):
        member = getattr(kind, name)
        return getattr(member, "fget", member).__annotations__.get("return") in _YES_OR_NO
    return annotations.get(name) in _YES_OR_NO
