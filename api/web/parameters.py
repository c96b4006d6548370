"""The parameters of a téléaction as a form gives them."""

from __future__ import annotations

from collections.abc import Mapping

from domain.errors import InvalidValueError
from domain.teleaction import Value
from teleactions.spec import FieldKind, Spec

_YES_NO = {"oui": True, "non": False}


def parameters_of(spec: Spec, form: Mapping[str, str]) -> dict[str, Value]:
    """The parameters of the form, with their types; what was left empty is left out."""
    found: dict[str, Value] = {}
    for one in spec.fields:
        text = form.get(f"p_{one.name}", "").strip()
        if not text:
            continue
        if one.kind is FieldKind.BOOLEAN:
            found[one.name] = _YES_NO.get(text, text)
        elif one.kind is FieldKind.INTEGER:
            if not text.lstrip("-").isdigit():
                raise InvalidValueError(one.name, text, "an integer within the bounds of the catalogue")
            found[one.name] = int(text)
        else:
            found[one.name] = text
    return found
