"""Reads the page as a browser does."""

from __future__ import annotations

from typing import Any, cast

from lxml import html as lxml_html


def parse(text: str) -> Any:
    """The document, or the fragment, as an element tree."""
    return lxml_html.fromstring(text)


def words(element: Any) -> str:
    """What is read in an element, one space between words."""
    return " ".join(" ".join(cast("list[str]", element.itertext())).split())


def all_words(root: Any, xpath: str) -> list[str]:
    """What is read in each element found."""
    return [words(element) for element in root.xpath(xpath)]


def alert(root: Any) -> str:
    """The error message of the page."""
    return " ".join(all_words(root, "//*[contains(@class, 'message') and contains(@class, 'erreur')]"))
