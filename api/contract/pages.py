"""The document as a page to read and print: no script, nothing fetched from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from api.contract.texts import french
from api.i18n import Language

_HERE = Path(__file__).parent


def page(document: Mapping[str, Any], language: Language) -> str:
    """The page; operations are grouped by their first tag."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = french() if language == "fr" else {}
    environment.globals["_"] = lambda text: words.get(text, text)
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False, indent=2)
    environment.filters["kind"] = _kind
    return environment.get_template("reference.html").render(document=document, groups=_groups(document), lang=language)


def _groups(document: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            tag = (operation.get("tags") or [""])[0]
            found.setdefault(tag, []).append({"method": method.upper(), "path": path, **operation})
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: the name of what it refers to, or its type."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " | ".join(_kind(one) for one in schema[key])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    found = schema.get("type", "…")
    return " | ".join(found) if isinstance(found, list) else str(found)
