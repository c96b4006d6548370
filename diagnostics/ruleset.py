"""The rule-set: its version, its thresholds, its rules and their pages, built once from texts.

This file opens nothing: the caller hands over the text of `diagnostics/ruleset.toml` and of every file of
`diagnostics/rules/*.md`, keyed by its stem.
"""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from diagnostics import rules as rules_package
from diagnostics import thresholds as thresholds_module
from diagnostics.pages import COMMON, CommonPage, Page, parse_common, parse_page
from diagnostics.rule import Layer, Rule
from diagnostics.thresholds import Thresholds
from domain.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Everything a verdict depends on besides its snapshot.

    Attributes:
        version: Kept with every result, so that a replay uses the same rules.
        rules: In the order of their layers.
        pages: By rule.
    """

    version: str
    thresholds: Thresholds
    rules: tuple[Rule, ...]
    pages: Mapping[str, Page]
    common: CommonPage


def discover() -> tuple[Rule, ...]:
    """The rules found in `diagnostics.rules`, in the order of their layers, then by name."""
    found = []
    for info in pkgutil.iter_modules(rules_package.__path__):
        module = importlib.import_module(f"{rules_package.__name__}.{info.name}")
        layer: Layer = module.LAYER
        found.append(Rule(info.name, layer, module.TESTS, module.evaluate))
    return tuple(sorted(found, key=lambda rule: (rule.layer, rule.id)))


def build(toml_text: str, pages: Mapping[str, str]) -> Ruleset:
    """The rule-set of these texts.

    Raises `InvalidValueError`, a pydantic error or a TOML error when a rule lacks its page or its ceiling, a page or a
    ceiling has no rule, or any text is not what it should be: a doubtful rule-set never starts.
    """
    data = tomllib.loads(toml_text)
    thresholds = thresholds_module.parse(data)
    rules = discover()
    names = {rule.id for rule in rules}
    for what, given in (("pages", set(pages) - {COMMON}), ("ceilings", set(thresholds.ceilings))):
        if different := sorted(names ^ given):
            raise InvalidValueError(what, ", ".join(different), "one for each rule, no more, no less")
    if COMMON not in pages:
        raise InvalidValueError("pages", COMMON, "given among the pages")
    common = parse_common(pages[COMMON])
    parsed = {rule.id: parse_page(rule.id, pages[rule.id], common) for rule in rules}
    return Ruleset(str(data["version"]), thresholds, rules, parsed, common)
