"""A value that is made very often: a frozen dataclass for whoever checks types, at half of its price.

``@dataclass(frozen=True)`` writes each field through ``object.__setattr__``: 0.8 µs for a row of seven fields, of which
a diagnosis makes a hundred; without it 0.3 µs (CPython 3.11, ``python -m benchmarks.diagnosis_mc``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

T = TypeVar("T")

if TYPE_CHECKING:

    @dataclass_transform(frozen_default=True)
    def record(cls: type[T]) -> type[T]:
        """Seen by type checkers: nothing may be assigned to a field once it is made."""

else:
    record: Any = dataclass(slots=True, unsafe_hash=True)
