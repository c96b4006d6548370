"""What another rule-set would have said of verdicts already given: counted one by one, nothing kept but the changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from diagnostics import engine
from diagnostics.case import derive
from diagnostics.rule import Match
from diagnostics.ruleset import Ruleset
from domain import codec
from domain.errors import DiagnosticsError
from domain.snapshot import Snapshot
from domain.verdict import Diagnosis, Family, Owner, Prelocalisation, Scope

_AT_HOME = frozenset({Family.LIGNE, Family.ONT})
_OF_ONE = frozenset({Scope.INDIVIDUAL, Scope.UNKNOWN})
LISTED = 10_000
"""Changes listed one by one at most; beyond, they are only counted, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Headline:
    """What a verdict is compared by.

    Attributes:
        rule: The rule of its first finding.
        visit: Whether it sends a technician to the customer: a fault of this line or ONT alone that the
            infrastructure operator mends.
    """

    family: Family
    prelocalisation: Prelocalisation
    scope: Scope
    confidence: float
    rule: str
    visit: bool


def told(diagnosis: Diagnosis) -> Headline:
    """The headline of a diagnosis."""
    return _headline(diagnosis, diagnosis.confidence, diagnosis.findings[0].rule)


def reached(snapshot: Snapshot, ruleset: Ruleset) -> Headline:
    """The headline that a rule-set reaches, without the sentences and the rows around it."""
    first = engine.judge(derive(snapshot, ruleset.thresholds), ruleset)[0]
    return _headline(first.match, first.confidence, first.rule.id)


def _headline(said: Diagnosis | Match, confidence: float, rule: str) -> Headline:
    mended_at_home = said.family in _AT_HOME and said.owner is Owner.INFRASTRUCTURE
    visit = mended_at_home and said.defect is not None and said.scope in _OF_ONE
    return Headline(said.family, said.prelocalisation, said.scope, confidence, rule, visit)


@dataclass(frozen=True, slots=True)
class Judged:
    """One stored verdict beside what the other rule-set says; ``after`` is ``None`` where it cannot be read again.

    Attributes:
        decided_by: Rule-set and code that gave the stored verdict.
        why: Why it cannot be judged again.
    """

    number: str
    decided_by: tuple[str, str]
    before: Headline | None = None
    after: Headline | None = None
    why: str = ""


def judge(number: str, decided_by: tuple[str, str], snapshot: str, diagnosis: str, ruleset: Ruleset) -> Judged:
    """Judge a stored snapshot again, beside its stored verdict. Records of another schema are told, never dropped."""
    try:
        before = told(codec.load(Diagnosis, diagnosis))
        after = reached(codec.load(Snapshot, snapshot), ruleset)
    except (ValueError, DiagnosticsError) as error:
        return Judged(number, decided_by, why=type(error).__name__)
    return Judged(number, decided_by, before, after)


@dataclass(slots=True)
class Tally:
    """The count so far.

    Attributes:
        families: How many went from one family to another, those that stayed included.
        changed: Number, headline before and after of verdicts that changed: the first `LISTED`.
        confidence_only: Verdicts of which the confidence alone changed.
        decided_by: How many stored verdicts each rule-set and code gave.
        unread: Verdicts that could not be judged again, by reason.
    """

    total: int = 0
    families: Counter[tuple[Family, Family]] = field(default_factory=Counter)
    changed: list[tuple[str, Headline, Headline]] = field(default_factory=list)
    changes: int = 0
    confidence_only: int = 0
    confidence_sum: float = 0.0
    visits_before: int = 0
    visits_added: int = 0
    visits_avoided: int = 0
    decided_by: Counter[tuple[str, str]] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)

    def add(self, judged: Iterable[Judged]) -> None:
        """Count these too."""
        for one in judged:
            self._add(one)

    def _add(self, one: Judged) -> None:
        self.total += 1
        self.decided_by[one.decided_by] += 1
        before, after = one.before, one.after
        if before is None or after is None:
            self.unread[one.why] += 1
            return
        self.families[before.family, after.family] += 1
        self.confidence_sum += after.confidence - before.confidence
        self.visits_before += before.visit
        self.visits_added += after.visit and not before.visit
        self.visits_avoided += before.visit and not after.visit
        if _kind(before) != _kind(after):
            self.changes += 1
            if len(self.changed) < LISTED:
                self.changed.append((one.number, before, after))
        elif before != after:
            self.confidence_only += 1


def _kind(said: Headline) -> tuple[object, ...]:
    return said.rule, said.family, said.prelocalisation, said.scope, said.visit
