"""The words of the document in French and English: every text for people in it, by its catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from babel.messages.pofile import read_po

from api.i18n import Language, catalogue

_WORDS = frozenset({"summary", "description"})
_VALUES = frozenset({"example", "examples", "default", "enum", "const", "pattern", "x-examples"})
"""What is data: never translated."""


@cache
def french() -> Mapping[str, str]:
    """English → French, of the document and of the errors."""
    with resources.files("api").joinpath("locale/contract.fr.po").open("rb") as file:
        own = {str(entry.id): str(entry.string) for entry in read_po(file, locale="fr") if entry.id and entry.string}
    return {**catalogue("fr"), **own}


def spoken(document: Any, language: Language) -> Any:
    """The document in a language; a text that the catalogue lacks stays in English."""
    if language == "en":
        return document
    words = french()
    return mapped(document, lambda text: words.get(text, text))


def untranslated(document: Any) -> list[str]:
    """The texts of a document that have no French."""
    missing: list[str] = []
    words = french()

    def look(text: str) -> str:
        if text not in words:
            missing.append(text)
        return text

    mapped(document, look)
    return missing


def mapped(node: Any, change: Callable[[str], str]) -> Any:
    """The document with every text for people changed: summaries, descriptions, names of tags, the title."""
    if isinstance(node, list):
        return [mapped(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    found: dict[str, Any] = {}
    for key, value in node.items():
        if key in _WORDS and isinstance(value, str):
            found[key] = change(value)
        elif key == "tags" and isinstance(value, list):
            found[key] = [change(one) if isinstance(one, str) else _tag(one, change) for one in value]
        elif key == "info" and isinstance(value, dict):
            found[key] = mapped({**value, "title": change(value["title"])}, change)
        else:
            found[key] = value if key in _VALUES else mapped(value, change)
    return found


def _tag(tag: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    return {**mapped(tag, change), "name": change(tag["name"])}
