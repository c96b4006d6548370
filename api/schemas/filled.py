"""What a draft of a form may hold, in JSON Schema, from the descriptions of the forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from api.signalisation.filling import MOST_ITEMS, SLACK
from api.signalisation.forms import Form, FormField, Kind, forms, type_of

Json = dict[str, Any]


def fields_of(given: Iterable[Form]) -> Json:
    """The values of a draft of one of these forms: any of their fields, whether right or not yet."""
    found = {field.key: _value(field) for form in given for field in form.fields if field.kind is not Kind.COMPUTED}
    return {"type": "object", "properties": found, "additionalProperties": False}


def any_form(schema: Json) -> None:
    """Has the schema of ``fields`` name those of every form."""
    schema.update(fields_of(forms()))


def by_type(*examples: Json) -> Callable[[Json], None]:
    """Has the schema of a draft say which fields go with its ``type``."""

    def said(schema: Json) -> None:
        codes = sorted({kind.code for form in forms() for kind in form.types})
        used = {code: type_of(code)[0] for code in codes}
        told = [
            {"type": {"enum": [code for code in codes if used[code] is form]}, "fields": fields_of([form])}
            for form in forms()
            if form in used.values()
        ]
        schema["examples"] = list(examples)
        schema["properties"]["type"]["enum"] = codes
        schema["allOf"] = [{"oneOf": [{"properties": one} for one in told]}]

    return said


def _value(field: FormField) -> Json:
    text: Json = {"type": "string", "pattern": r"^[^\x00]*$"}
    if field.kind is not Kind.MANY:
        return {**text, "maxLength": SLACK * field.max}
    return {"anyOf": [text, {"type": "array", "items": text, "maxItems": MOST_ITEMS}]}
