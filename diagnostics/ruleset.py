"""The rule-set: its version, its thresholds, its rules and their pages, built once from texts.

This file opens nothing: the caller hands over the text of `diagnostics/ruleset.toml` and of every file of
`diagnostics/rules/*.md`, keyed by its stem.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from diagnostics import rules as rules_package
from diagnostics import thresholds as thresholds_module
from diagnostics.pages import COMMON, CommonPage, Page, parse_common, parse_page
from diagnostics.rule import Layer, Rule
from diagnostics.thresholds import Thresholds
from domain.access import TestName
from domain.errors import InvalidValueError
from domain.ruleset import RulesetTexts


@dataclass(frozen=True, slots=True)
class Change:
    """What a version of the rule-set changed."""

    version: str
    text: str


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Everything a verdict depends on besides its snapshot.

    Attributes:
        version: Kept with every result, so that a replay uses the same rules.
        texts: What it was built from, to be kept with its verdicts.
        changes: What each version changed, this one first.
        rules: In the order of their layers.
        pages: By rule.
        of_test: The rules of each test, in the same order.
    """

    version: str
    texts: RulesetTexts
    changes: tuple[Change, ...]
    thresholds: Thresholds
    rules: tuple[Rule, ...]
    pages: Mapping[str, Page]
    common: CommonPage
    of_test: Mapping[TestName, tuple[Rule, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_test = {test: tuple(rule for rule in self.rules if test in rule.tests) for test in TestName}
        object.__setattr__(self, "of_test", by_test)


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
    version, texts = str(data.get("version", "")), RulesetTexts(toml_text, dict(pages))
    return Ruleset(version, texts, _changes(version, data.get("changes", ())), thresholds, rules, parsed, common)


def _changes(version: str, entries: Sequence[Mapping[str, object]]) -> tuple[Change, ...]:
    """The changelog; raises `InvalidValueError` unless it begins with this version and goes back without a repeat."""
    changes = tuple(Change(str(entry.get("version", "")), str(entry.get("text", "")).strip()) for entry in entries)
    versions = [_parts(change.version) for change in changes]
    if not changes or changes[0].version != version or versions != sorted(set(versions), reverse=True):
        told = ", ".join(change.version for change in changes)
        raise InvalidValueError("changes", told, f"a changelog, newest first, that begins with version {version}")
    if empty := [change.version for change in changes if not change.text]:
        raise InvalidValueError("changes", ", ".join(empty), "versions that each say what they changed")
    return changes


def _parts(version: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise InvalidValueError("version", version, "three numbers, such as 2.0.1")
    return tuple(int(part) for part in version.split("."))
