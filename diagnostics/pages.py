"""Pages of the rules: French texts, parsed strictly and compiled once.

A page is Markdown with a TOML front matter between two lines ``+++``. The front matter holds every sentence a result
may show for that rule, as templates with ``{placeholders}``; the body explains the rule to people, under four fixed
headings. The page ``_common`` holds the sentences that several rules share, and has no body.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.errors import InvalidValueError
from domain.reading import Reason
from domain.verdict import CustomerCheck

HEADINGS = ("Signification", "Impact", "Preuves", "Action")
COMMON = "_common"
_FENCE = "+++"
_STRICT = ConfigDict(frozen=True, extra="forbid", str_min_length=1)


@dataclass(frozen=True)
class Template:
    """A sentence with placeholders."""

    text: str

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of its placeholders; raises `InvalidValueError` for anything but plain names."""
        try:
            parts = list(string.Formatter().parse(self.text))
        except ValueError as error:
            raise InvalidValueError("template", self.text, "a sentence with {placeholders}") from error
        found = {name for _, name, _, _ in parts if name is not None}
        plain = all(not spec and not conversion for _, name, spec, conversion in parts if name is not None)
        if not plain or not all(name.isidentifier() for name in found):
            raise InvalidValueError("template", self.text, "a sentence whose placeholders are plain names")
        return frozenset(found)

    def render(self, params: Mapping[str, str]) -> str:
        """The sentence; raises `InvalidValueError` when a placeholder has no value."""
        if not self.names:
            return self.text
        absent = self.names - params.keys()
        if absent:
            raise InvalidValueError("template", self.text, f"given {', '.join(sorted(absent))}")
        return self.text.format_map(params)


class _Sentences(BaseModel):
    """The sentences of a verdict, as written."""

    model_config = _STRICT

    title: str
    synthese: str
    interpretation: str
    action: str


class _Variant(BaseModel):
    """Sentences that replace those of the page for one form of the verdict."""

    model_config = _STRICT

    title: str | None = None
    synthese: str | None = None
    interpretation: str | None = None
    action: str | None = None
    teleaction: str | None = None
    voyants: tuple[str, ...] | None = None


class _Led(BaseModel):
    """A light to ask the customer about, as written."""

    model_config = _STRICT

    equipement: Literal["ONT", "box"]
    voyant: str
    attendu: str
    sinon: str


class _Front(_Sentences):
    """Front matter of a page; ``teleaction`` names one of the catalogue, ``voyants`` are keys of the common page."""

    teleaction: str | None = None
    voyants: tuple[str, ...] = ()

    preuves: dict[str, str] = Field(default_factory=dict)
    deciders: dict[str, str] = Field(default_factory=dict)
    variantes: dict[str, _Variant] = Field(default_factory=dict)


class _CommonFront(BaseModel):
    """Front matter of the common page."""

    model_config = _STRICT

    preuves: dict[str, str]
    deciders: dict[str, str]
    voyants: dict[str, _Led] = Field(default_factory=dict)  # none before 2.2.0
    motifs: dict[Reason, str]
    textes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sentences:
    """The compiled sentences of one form of a verdict, the téléaction to make and the lights to ask about."""

    title: Template
    synthesis: Template
    interpretation: Template
    action: Template
    teleaction: str | None
    checks: tuple[CustomerCheck, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The page of one rule.

    Attributes:
        forms: Sentences by variant; the key ``""`` is the plain form.
        evidence: Templates of the facts, the common ones included.
        deciders: Templates of the readings that would settle the matter, the common ones included.
        markdown: The body, for whoever shows the page.
    """

    rule: str
    forms: Mapping[str, Sentences]
    evidence: Mapping[str, Template]
    deciders: Mapping[str, Template]
    markdown: str


@dataclass(frozen=True, slots=True)
class CommonPage:
    """What every rule shares: facts, deciders, lights to ask about, why a value is missing, and small texts."""

    evidence: Mapping[str, Template]
    deciders: Mapping[str, Template]
    checks: Mapping[str, CustomerCheck]
    reasons: Mapping[Reason, str]
    texts: Mapping[str, Template]


_LATER = {"flows_unread": {"reason"}}  # none before 2.3.0
_TEXTS = {
    "refused": {"reason", "raw"},
    "neighbours": set[str](),
    "walk_cut": set[str](),
    "not_measured": set[str](),
    "held": {"decider"},
}


def _split(name: str, text: str) -> tuple[dict[str, Any], str]:
    lines = text.splitlines()
    if not lines or lines[0].strip() != _FENCE or _FENCE not in (line.strip() for line in lines[1:]):
        raise InvalidValueError("page", name, "a page that begins with a front matter between two lines +++")
    end = next(i for i, line in enumerate(lines[1:], start=1) if line.strip() == _FENCE)
    return tomllib.loads("\n".join(lines[1:end])), "\n".join(lines[end + 1 :]).strip()


def _compile(name: str, texts: Mapping[str, str]) -> dict[str, Template]:
    compiled = {key: Template(text) for key, text in texts.items()}
    for key, template in compiled.items():
        try:
            template.names  # noqa: B018 - checks the template
        except InvalidValueError as error:
            raise InvalidValueError("page", f"{name}.{key}", error.expected) from error
    return compiled


def _sentences(name: str, plain: _Front, common: CommonPage, variant: _Variant | None = None) -> Sentences:
    wanted = set(_Variant.model_fields)
    words = plain.model_dump(include=wanted)
    if variant is not None:
        words |= variant.model_dump(exclude_none=True)
    teleaction, keys = words.pop("teleaction"), words.pop("voyants")
    if unknown := [key for key in keys if key not in common.checks]:
        raise InvalidValueError("page", name, f"lights of the common page, not {', '.join(unknown)}")
    made, checks = _compile(name, words), tuple(common.checks[key] for key in keys)
    return Sentences(made["title"], made["synthese"], made["interpretation"], made["action"], teleaction, checks)


def parse_common(text: str) -> CommonPage:
    """The common page; raises when a reason or a small text is missing."""
    front, _ = _split(COMMON, text)
    model = _CommonFront.model_validate(front)
    if absent := [reason.value for reason in Reason if reason not in model.motifs]:
        raise InvalidValueError("page", COMMON, f"giving a sentence for {', '.join(absent)}")
    texts = _compile(COMMON, model.textes)
    told = {key: set(template.names) for key, template in texts.items()}
    if told not in (_TEXTS, _TEXTS | _LATER):
        raise InvalidValueError("page", COMMON, f"giving exactly the texts {', '.join(_TEXTS)} with their placeholders")
    checks = {
        key: CustomerCheck(led.equipement, led.voyant, led.attendu, led.sinon) for key, led in model.voyants.items()
    }
    return CommonPage(_compile(COMMON, model.preuves), _compile(COMMON, model.deciders), checks, model.motifs, texts)


def parse_page(rule: str, text: str, common: CommonPage) -> Page:
    """The page of a rule; raises `InvalidValueError` or a pydantic error when anything is missing or unknown."""
    front, body = _split(rule, text)
    model = _Front.model_validate(front)
    headings = tuple(re.findall(r"^## (.+?)\s*$", body, flags=re.MULTILINE))
    sections = re.split(r"^## .+$", body, flags=re.MULTILINE)[1:]
    if headings != HEADINGS or not all(section.strip() for section in sections):
        raise InvalidValueError("page", rule, f"a page with the filled headings {', '.join(HEADINGS)}, in this order")
    forms = {"": _sentences(rule, model, common)}
    forms |= {key: _sentences(f"{rule}.{key}", model, common, variant) for key, variant in model.variantes.items()}
    evidence = {**common.evidence, **_compile(rule, model.preuves)}
    deciders = {**common.deciders, **_compile(rule, model.deciders)}
    return Page(rule, forms, evidence, deciders, body)
