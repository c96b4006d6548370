"""Scores the engine against labelled scenarios, by the scenarios' own rules. Pure: scenarios in, points out.

Family 4 (2 when only acceptable), prelocalisation 2 (1), scope, severity, texts to report and doubtful data 1 each,
divided by the points that apply. A forbidden word, or a confidence more than 0.1 outside its bounds, makes it zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diagnostics.case import derive
from diagnostics.engine import diagnose
from diagnostics.ruleset import Ruleset
from diagnostics.scenarios.names import doubtful as doubts
from diagnostics.scenarios.snapshot import snapshot_of
from domain.verdict import Diagnosis

SLACK = 0.1
"""How far a confidence may lie outside its bounds."""


@dataclass(frozen=True, slots=True)
class Score:
    """Points of one scenario, and what the engine said.

    Attributes:
        points: Points won.
        most: Points that could be won.
        zeroed_by: The forbidden word, or the confidence, that makes it zero.
    """

    id: str
    kind: str
    points: float
    most: float
    zeroed_by: str | None
    diagnosis: Diagnosis = field(repr=False)
    data_quality: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Points won out of those that could be."""
        return 0.0 if self.zeroed_by or not self.most else self.points / self.most


def score(scenario: Mapping[str, Any], ruleset: Ruleset) -> Score:
    """Judge one scenario and score what came."""
    snapshot = snapshot_of(scenario["observations"], scenario.get("series"))
    doubtful = doubts(derive(snapshot, ruleset.thresholds))
    diagnosis = diagnose(snapshot, ruleset)
    expected = scenario["expected"]
    marks = list(_marks(expected, diagnosis, doubtful))
    return Score(
        id=str(scenario["id"]),
        kind=str(scenario["class"]),
        points=sum(won for won, _ in marks),
        most=sum(most for _, most in marks),
        zeroed_by=_zeroed(expected, diagnosis),
        diagnosis=diagnosis,
        data_quality=doubtful,
    )


def table(scores: Sequence[Score]) -> str:
    """One line a scenario, then the mean of each class."""
    lines = [
        f"{item.id:<6} {item.share:5.2f}  {item.points:g}/{item.most:g}  {item.diagnosis.family}"
        f"{f'  zero: {item.zeroed_by}' if item.zeroed_by else ''}"
        for item in scores
    ]
    for kind in sorted({item.kind for item in scores}):
        shares = [item.share for item in scores if item.kind == kind]
        lines.append(f"mean {kind:<8} {sum(shares) / len(shares):.3f}  ({len(shares)})")
    return "\n".join(lines)


def as_json(item: Score) -> dict[str, Any]:
    """What was won and what was said."""
    said = item.diagnosis
    return {
        "id": item.id,
        "points": item.points,
        "max": item.most,
        "zeroed_by": item.zeroed_by,
        "family": said.family.value,
        "defect": said.defect.value if said.defect else None,
        "prelocalisation": said.prelocalisation.value,
        "scope": said.scope.value,
        "severity": said.severity.value,
        "confidence": said.confidence,
        "findings": [{"rule": finding.rule, "family": finding.family.value} for finding in said.findings],
        "data_quality": list(item.data_quality),
        "text": french_text(said),
    }


def french_text(diagnosis: Diagnosis) -> str:
    """Everything that a reader reads of a result."""
    parts = [diagnosis.synthesis, diagnosis.interpretation, diagnosis.action, diagnosis.defect or ""]
    for finding in diagnosis.findings:
        parts += [finding.title, finding.action, finding.decider or ""]
        parts += [f"{one.equipment} {one.led} : {one.expected}. {one.otherwise}" for one in finding.checks]
        parts += [fact.text for fact in (*finding.evidence_for, *finding.evidence_against)]
    parts += [f"{item.what} : {item.why}" for item in diagnosis.not_measured]
    return "\n".join(parts)


def _marks(
    expected: Mapping[str, Any], diagnosis: Diagnosis, doubtful: tuple[str, ...]
) -> Iterator[tuple[float, float]]:
    family, place = expected.get("verdict_family"), expected.get("prelocalisation")
    families, places = expected.get("acceptable_verdict_families"), expected.get("acceptable_prelocalisations")
    if family is not None:
        yield _graded(4, diagnosis.family.value, family, families), 4
    if place is not None:
        yield _graded(2, diagnosis.prelocalisation.value, place, places), 2
    for name, found in (("scope", diagnosis.scope.value), ("severity", diagnosis.severity.value)):
        if expected.get(name) is not None:
            plural = "acceptable_scopes" if name == "scope" else "acceptable_severities"
            yield float(found == expected[name] or found in (expected.get(plural) or ())), 1
    if expected.get("must_report"):
        yield float(all(_reported(rule, diagnosis) for rule in expected["must_report"])), 1
    if expected.get("data_quality"):
        yield float(set(expected["data_quality"]) <= set(doubtful)), 1


def _graded(most: float, found: str, best: str, acceptable: list[str] | None) -> float:
    if found == best:
        return most
    return most / 2 if found in (acceptable or ()) else 0.0


def _reported(rule: str, diagnosis: Diagnosis) -> bool:
    kind, _, wanted = rule.partition(":")
    if kind == "finding":
        return wanted in {finding.family.value for finding in diagnosis.findings}
    return re.search(wanted, french_text(diagnosis), re.IGNORECASE) is not None


def _zeroed(expected: Mapping[str, Any], diagnosis: Diagnosis) -> str | None:
    said = {
        "family": diagnosis.family.value,
        "prelocalisation": diagnosis.prelocalisation.value,
        "scope": diagnosis.scope.value,
        "defect": diagnosis.defect.value if diagnosis.defect else None,
    }
    for rule in expected.get("must_not_say") or ():
        kind, _, forbidden = rule.partition(":")
        if kind == "text" and re.search(forbidden, french_text(diagnosis), re.IGNORECASE):
            return str(rule)
        if kind in said and said[kind] == forbidden:
            return str(rule)
    bounds = expected.get("confidence") or {}
    low, high = bounds.get("min", 0.0), bounds.get("max", 1.0)
    if not low - SLACK <= diagnosis.confidence <= high + SLACK:
        return f"confidence {diagnosis.confidence:.2f} outside {low:g}…{high:g}"
    return None
