"""Three-valued logic of Kleene: true, false, and ``None`` for unknown. Unknown never turns into a fault."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from domain.reading import Reading

Tri: TypeAlias = bool | None
T = TypeVar("T")


def negate(fact: Tri) -> Tri:
    """Not: unknown stays unknown."""
    return None if fact is None else not fact


def all_of(*facts: Tri) -> Tri:
    """And: one false settles it, else one unknown leaves it open."""
    if False in facts:
        return False
    return None if None in facts else True


def any_of(*facts: Tri) -> Tri:
    """Or: one true settles it, else one unknown leaves it open."""
    if True in facts:
        return True
    return None if None in facts else False


def first_known(*facts: Tri) -> Tri:
    """The first fact that is not unknown: the most direct proof is given first."""
    return next((fact for fact in facts if fact is not None), None)


def is_one_of(reading: Reading[T], *wanted: T) -> Tri:
    """Whether the value read is among those wanted; unknown without value."""
    return None if reading.value is None else reading.value in wanted
