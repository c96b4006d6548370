"""What differs between two diagnoses of one snapshot, and which thresholds make the difference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, TypeAlias

from diagnostics.engine import diagnose
from diagnostics.ruleset import Ruleset
from diagnostics.thresholds import Thresholds
from domain import codec
from domain.optical_path import OpticalPath
from domain.secret import MASK
from domain.snapshot import Snapshot
from domain.verdict import Diagnosis, Finding


class Part(StrEnum):
    """The part of a diagnosis where a change lies."""

    VERDICT = "verdict"
    RULE = "rule"  # fired, or not
    FINDING = "finding"  # a rule that fired both times and says something else
    ROW = "row"
    MISSING = "missing"
    PATH = "path"
    THRESHOLD = "threshold"
    ENCODING = "encoding"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs.

    Attributes:
        of: The rule, the row, what was not measured, or the threshold; empty for the verdict itself.
        field: Which of its fields; empty where it has but one.
        before: ``None`` where it was not there.
        after: ``None`` where it no longer is.
        decides: Of a threshold: whether its change alone changes the diagnosis.
    """

    part: Part
    of: str
    field: str
    before: str | None
    after: str | None
    decides: bool | None = None


_Key: TypeAlias = tuple[Part, str, str]
_SCALARS = (
    *("result", "family", "defect", "prelocalisation", "scope", "severity", "confidence", "owner"),
    *("synthesis", "interpretation", "action", "ruleset"),
)
_OF_A_FINDING = (
    *("family", "prelocalisation", "scope", "severity", "confidence", "owner", "defect", "title", "action", "decider"),
    "teleaction",
)


def changes(before: Diagnosis, after: Diagnosis) -> tuple[Change, ...]:
    """Everything that differs, the verdict first. A secret is masked; that it changed is told all the same."""
    old, new = dict(_flat(before)), dict(_flat(after))
    found = [_change(key, old.get(key), new.get(key)) for key in {**old, **new} if old.get(key) != new.get(key)]
    secret = {row.label for said in (before, after) for block in said.blocks for row in block.rows if row.secret}
    found = [replace(c, before=MASK, after=MASK) if c.of in secret and c.field == "value" else c for c in found]
    gone = {change.of for change in found if change.part is Part.RULE and None in (change.before, change.after)}
    kept = (change for change in found if not (change.part is Part.FINDING and change.of in gone))
    order = list(Part)
    return tuple(sorted(kept, key=lambda change: order.index(change.part)))


def compare(before: str, after: Diagnosis) -> tuple[Change, ...]:
    """The same, of a diagnosis as it is stored; empty only where both are the same to the byte."""
    text = codec.dump(after)
    if text == before:
        return ()
    found = changes(codec.load(Diagnosis, before), after)
    return found or (Change(Part.ENCODING, "", "", str(len(before.encode())), str(len(text.encode()))),)


def thresholds_changed(snapshot: Snapshot, old: Ruleset, new: Ruleset) -> tuple[Change, ...]:
    """The thresholds that differ between two rule-sets; those that alone change the diagnosis are marked."""
    reached = diagnose(snapshot, old)
    return tuple(
        Change(
            Part.THRESHOLD, name, "", _text(was), _text(now), diagnose(snapshot, replace(old, thresholds=t)) != reached
        )
        for name, was, now, t in _one_by_one(old.thresholds, new.thresholds)
    )


def _one_by_one(old: Thresholds, new: Thresholds) -> Iterator[tuple[str, Any, Any, Thresholds]]:
    """Each difference: its name, the two values, and the old thresholds with it alone changed."""
    for name in Thresholds.model_fields:
        was, now = getattr(old, name), getattr(new, name)
        if isinstance(was, Mapping) and was.keys() == now.keys():
            for key in (key for key in was if was[key] != now[key]):
                yield f"{name}.{key}", was[key], now[key], old.model_copy(update={name: {**was, key: now[key]}})
        elif was != now:
            yield name, was, now, old.model_copy(update={name: now})


def _flat(diagnosis: Diagnosis) -> Iterator[tuple[_Key, str]]:
    """Each thing that a diagnosis says, under a key of its own; what has no value is left out."""
    for name in _SCALARS:
        yield from _told(Part.VERDICT, "", name, getattr(diagnosis, name))
    for rank, finding in enumerate(diagnosis.findings, start=1):
        yield (Part.RULE, finding.rule, "rank"), str(rank)
        yield from _finding(finding)
    for row in (row for block in diagnosis.blocks for row in block.rows):
        yield from _told(Part.ROW, row.label, "value", row.value)
        yield from _told(Part.ROW, row.label, "reason", row.reason)
        yield from _told(Part.ROW, row.label, "source", row.source or None)
        yield from _told(Part.ROW, row.label, "at", row.at)
        yield from _told(Part.ROW, row.label, "quality", row.quality)
    for missing in diagnosis.not_measured:
        yield from _told(Part.MISSING, missing.what, "", missing.why)
    if diagnosis.path is not None:
        yield from _path(diagnosis.path)


def _path(path: OpticalPath) -> Iterator[tuple[_Key, str]]:
    for name in ("where", "basis", "length_m", "reference_at", "reference_source"):
        yield from _told(Part.PATH, "", name, getattr(path, name))
    for way, direction in (("OLT → ONT", path.down), ("ONT → OLT", path.up)):
        for name in (field.name for field in fields(direction)):
            yield from _told(Part.PATH, way, name, getattr(direction, name))
    for rank, part in enumerate(path.parts, start=1):
        for name in ("name", "length_m", "ratio", "expected_down_db", "expected_up_db", "suspect"):
            yield from _told(Part.PATH, f"{rank} {part.kind.value}", name, getattr(part, name))


def _finding(finding: Finding) -> Iterator[tuple[_Key, str]]:
    for name in _OF_A_FINDING:
        yield from _told(Part.FINDING, finding.rule, name, getattr(finding, name))
    for name in ("evidence_for", "evidence_against"):
        yield from _told(Part.FINDING, finding.rule, name, " · ".join(f.text for f in getattr(finding, name)) or None)
    asked = " · ".join(f"{one.equipment} {one.led} : {one.expected}" for one in finding.checks)
    yield from _told(Part.FINDING, finding.rule, "checks", asked or None)


def _told(part: Part, of: str, field: str, value: Any) -> Iterator[tuple[_Key, str]]:
    if value is not None:
        yield (part, of, field), _text(value)


def _change(key: _Key, before: str | None, after: str | None) -> Change:
    part, of, field = key
    return Change(part, of, field, before, after)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    return json.dumps(json.loads(codec.dump(value)), ensure_ascii=False)
