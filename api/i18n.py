"""Words of the API in French and English: gettext catalogues read with Babel. The message id is the English text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

from babel.messages.pofile import read_po

Language = Literal["fr", "en"]
DEFAULT: Language = "fr"


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Message id → text of one language; English needs none."""
    if language == "en":
        return {}
    with resources.files("api").joinpath(f"locale/{language}.po").open("rb") as file:
        return {
            str(entry.id): str(entry.string) for entry in read_po(file, locale=language) if entry.id and entry.string
        }


def translate(language: Language, text: str, **fields: object) -> str:
    """The sentence in that language, its ``{fields}`` filled in."""
    return catalogue(language).get(text, text).format_map(fields)


def negotiated(accept_language: str | None) -> Language:
    """The language of an ``Accept-Language`` header (RFC 9110 12.5.4): the first that we speak, French otherwise."""
    weighted: list[tuple[float, Language]] = []
    for part in (accept_language or "").split(","):
        tag, _, parameter = part.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1.0)
        except ValueError:
            weight = 0.0
        if weight > 0 and primary == "fr":
            weighted.append((weight, "fr"))
        elif weight > 0 and primary == "en":
            weighted.append((weight, "en"))
    return max(weighted, key=lambda item: item[0])[1] if weighted else DEFAULT
