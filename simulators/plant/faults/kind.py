"""What a kind of fault declares, and how its parameters are checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from domain.identifiers import OntName
from simulators.plant.conditions import Conditions
from simulators.plant.course import COURSE_NAMES
from simulators.plant.errors import CommandError
from simulators.plant.layout import Layout
from simulators.plant.targets import Target, TargetKind

Value = float | str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a fault: a number within bounds, or a text where its default is one."""

    name: str
    default: Value
    help_en: str
    least: float = 0.0
    most: float = math.inf

    def taken(self, value: object) -> Value:
        """``value`` if this parameter takes it; raises `CommandError`."""
        if isinstance(self.default, str):
            if isinstance(value, str):
                return value
            raise CommandError(f"{self.name} is a text, not {value!r}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.least <= value <= self.most:
            raise CommandError(f"{self.name} is a number from {self.least:g} to {self.most:g}, not {value!r}")
        return float(value)


class Sizes:
    """Parameters of a fault, and how much of it is there now.

    Attributes:
        values: Its parameters.
        strength: How much of it is there, above 0 and up to 1.
    """

    __slots__ = ()
    values: Mapping[str, Value]
    strength: float

    def number(self, name: str) -> float:
        """A parameter as it was given."""
        value = self.values[name]
        if isinstance(value, str):
            raise TypeError(f"{name} is a text")
        return value

    def size(self, name: str) -> float:
        """A parameter that grows with the fault."""
        return self.number(name) * self.strength

    def text(self, name: str) -> str:
        """A parameter that is a text."""
        return str(self.values[name])


@dataclass(frozen=True, slots=True)
class Strike(Sizes):
    """A fault that is there now."""

    target: Target
    layout: Layout
    values: Mapping[str, Value]
    strength: float

    @property
    def onts(self) -> tuple[OntName, ...]:
        """Every ONT behind what it strikes."""
        return self.target.onts


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A kind of fault: a file of this folder that holds one of these as ``FAULT``.

    Attributes:
        name: The file's name with dashes.
        target: What it strikes.
        apply: Adds it to what is wrong in the plant.
        parameters: Its own parameters; those of its course come with every kind.
        course: Where its usual course is not "at once and for ever".
        seen: Windows that show it: ``olt`` (SNMP, CLI), ``box`` (CWMP), ``radius``; none for what only probes would
            see, which the state alone tells.
        check: Raises `CommandError` for parameters that this plant cannot follow.
    """

    name: str
    target: TargetKind
    help_en: str
    help_fr: str
    apply: Callable[[Conditions, Strike], None]
    parameters: tuple[Parameter, ...] = ()
    course: Mapping[str, Value] = field(default_factory=dict)
    seen: frozenset[str] = frozenset({"olt"})
    check: Callable[[Strike], None] | None = None

    def values(self, given: Mapping[str, object]) -> dict[str, Value]:
        """Every parameter, as given or usual; raises `CommandError` for one that it does not take."""
        own = {parameter.name: parameter for parameter in self.parameters}
        if strange := sorted(given.keys() - own.keys() - COURSE_NAMES):
            raise CommandError(f"{self.name} does not take {', '.join(strange)}", [*own, *sorted(COURSE_NAMES)])
        values = {name: parameter.taken(given.get(name, parameter.default)) for name, parameter in own.items()}
        for name in COURSE_NAMES & (given.keys() | self.course.keys()):
            value = given.get(name, self.course.get(name))
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise CommandError(f"{name} is a number, or a word for `when`, not {value!r}")
            values[name] = value
        return values
