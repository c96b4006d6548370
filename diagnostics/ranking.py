"""Orders what the rules found: which findings stand, which comes first, and how sure the first one is.

The lowest broken layer explains what is above it, so a collective cause overrides an individual one. Faults that
explain nothing else, and warnings, are listed beside it. When two rules of one layer fit, neither is as sure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diagnostics.rule import Match, Role, Rule
from diagnostics.thresholds import Thresholds
from domain.verdict import Severity


@dataclass(frozen=True, slots=True)
class Ranked:
    """A match that stands.

    Attributes:
        confidence: 0 to 1, two decimals: the ceiling of the rule, less its doubts and its rivals.
    """

    rule: Rule
    match: Match
    confidence: float


def confidence_of(rule: Rule, match: Match, thresholds: Thresholds, rivals: int = 0) -> float:
    """Ceiling of the rule × share of the signs present × doubt for each rival hypothesis."""
    doubt: float = thresholds.doubt_two_hypotheses**rivals
    return round(thresholds.ceilings[rule.id] * match.certainty * doubt, 2)


_WORST_FIRST = (Severity.CRITICAL, Severity.MAJOR, Severity.MINOR, Severity.WARNING, Severity.NONE)


def _order(item: Ranked) -> tuple[int, int, float, str]:
    """The worst first, then the lowest, then the surest."""
    severity = item.match.severity
    worst = _WORST_FIRST.index(severity) if severity in _WORST_FIRST else 0
    return worst, item.rule.layer, -item.confidence, item.rule.id


def rank(matches: Iterable[tuple[Rule, Match]], thresholds: Thresholds) -> tuple[Ranked, ...]:
    """The findings that stand, the headline first. Never empty where one rule of role UNKNOWN always matches."""
    by_role: dict[Role, list[tuple[Rule, Match]]] = {role: [] for role in Role}
    for rule, match in matches:
        by_role[match.role].append((rule, match))
    faults, degraded = by_role[Role.FAULT], by_role[Role.DEGRADED]
    lowest = min((rule.layer for rule, _ in faults), default=None)
    standing = [(rule, match) for rule, match in faults if rule.layer == lowest]
    ranked = [Ranked(r, m, confidence_of(r, m, thresholds, rivals=len(standing) - 1)) for r, m in standing]
    ranked.sort(key=lambda item: (-item.confidence, item.rule.id))
    beside = _plain([(r, m) for r, m in degraded if lowest is None or r.layer < lowest], thresholds)
    warnings = _plain(by_role[Role.WARNING], thresholds)
    if ranked or beside:
        return (*ranked, *beside, *warnings)
    if by_role[Role.HEALTH]:
        return (*warnings, *_plain(by_role[Role.HEALTH], thresholds))
    return (*(Ranked(r, m, confidence_of(r, m, thresholds)) for r, m in by_role[Role.UNKNOWN][:1]), *warnings)


def _plain(matches: list[tuple[Rule, Match]], thresholds: Thresholds) -> list[Ranked]:
    return sorted((Ranked(r, m, confidence_of(r, m, thresholds)) for r, m in matches), key=_order)
