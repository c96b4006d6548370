"""What a kind of fault declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulators.plant.conditions import Conditions
from simulators.plant.targets import Target, TargetKind


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A kind of fault: a file of this folder that holds one of these as ``FAULT``.

    Attributes:
        name: The file's name with dashes.
        target: What it strikes.
        apply: Adds it to what is wrong in the plant.
    """

    name: str
    target: TargetKind
    help_en: str
    help_fr: str
    apply: Callable[[Conditions, Target], None]
