"""The API's errors are French to the last word: what the domain's errors are made of has its translation."""

from __future__ import annotations

import re
from pathlib import Path

from api.i18n import catalogue

ROOT = Path(__file__).resolve().parents[2]
INTERNAL = {"operator", "token"}
"""Kinds that no route names."""


def test_every_word_of_a_domain_error_has_its_french() -> None:
    french = catalogue("fr")
    for file in (path for folder in ("api", "storage") for path in (ROOT / folder).rglob("*.py")):
        for kind, words in re.findall(r"(NotFoundError|ConflictError)\((.*)\)$", file.read_text("utf-8"), re.MULTILINE):
            texts = [text for text in re.findall(r'"([^"]*)"', words) if text not in INTERNAL]
            assert all(text in french for text in texts), (file.name, kind, texts)
