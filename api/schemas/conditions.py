"""Members that go together, or do not, said in JSON Schema: what a model checks of them, its document says.

They stand in an ``allOf``: beside ``properties``, an ``anyOf`` of its own would make a union of the model for readers
of the document that generate code from it.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
_GIVEN: Json = {"not": {"type": "null"}}


def all_of(*conditions: Json) -> Json:
    """The extra of a schema that holds to each condition."""
    return {"allOf": list(conditions)}


def given(*names: str) -> Json:
    """Every one of these members is there, and not null."""
    return {"required": list(names), "properties": {name: dict(_GIVEN) for name in names}}


def absent(*names: str) -> Json:
    """None of these members is there, or they are null."""
    return {"properties": {name: {"type": "null"} for name in names}}


def any_of(*names: str) -> Json:
    """One of these members at least."""
    return either(*(given(name) for name in names))


def one_of(*names: str) -> Json:
    """Exactly one of these members."""
    return either(*({**given(name), **_without(name, names)} for name in names))


def needs(name: str, *others: str) -> Json:
    """A member that takes others with it."""
    return either(absent(name), given(*others))


def together(*names: str) -> Json:
    """All of these members, or none."""
    return either(absent(*names), given(*names))


def either(*conditions: Json) -> Json:
    """One of these conditions at least."""
    return {"anyOf": list(conditions)}


def _without(name: str, names: tuple[str, ...]) -> Json:
    rest = {one: {"type": "null"} for one in names if one != name}
    return {"properties": {name: dict(_GIVEN), **rest}}
