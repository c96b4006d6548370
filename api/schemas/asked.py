"""What each téléaction is asked with, in JSON Schema: its parameters, from the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from teleactions.catalogue import catalogue
from teleactions.spec import Field, FieldKind, Spec

Json = dict[str, Any]


def actions(
    example: Json, wanted: Callable[[Spec], bool] = lambda _: True, *, secrets: bool = True
) -> Callable[[Json], None]:
    """Has the schema of a model of ``action`` and ``parameters`` say what goes with each action that is wanted.

    Args:
        example: Of the model.
        wanted: Which actions.
        secrets: Whether secrets may be given.
    """

    def said(schema: Json) -> None:
        asked = [_asked(spec, secrets=secrets) for spec in catalogue().values() if wanted(spec)]
        schema["examples"] = [example]
        told = [one for one in asked if one is not None]
        schema["properties"]["action"]["enum"] = [one["properties"]["action"]["const"] for one in told]
        schema["allOf"] = [{"oneOf": told}]

    return said


def _asked(spec: Spec, *, secrets: bool) -> Json | None:
    fields = [one for one in spec.fields if secrets or one.kind is not FieldKind.SECRET]
    if any(one not in fields and not one.optional for one in spec.fields):
        return None
    needed = [one.name for one in spec.fields if not one.optional]
    parameters: Json = {
        "type": "object",
        "properties": {one.name: _value(one) for one in fields},
        "required": needed,
        "additionalProperties": False,
    }
    return {
        "properties": {"action": {"const": spec.name}, "parameters": parameters},
        "required": ["action", *(["parameters"] if needed else [])],
    }


def _value(one: Field) -> Json:
    if one.kind is FieldKind.BOOLEAN:
        return {"type": "boolean"}
    if one.kind is FieldKind.INTEGER:
        return {"type": "integer", "minimum": one.least, "maximum": one.most}
    if one.kind is FieldKind.CHOICE:
        return {"type": "string", "enum": list(one.choices)}
    return {"type": "string", "minLength": one.least, "maxLength": one.most, "pattern": f"^(?:{one.pattern})$"}
