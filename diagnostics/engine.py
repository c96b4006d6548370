"""The engine: hygiene, derived case, rules, ranking, French texts. The same snapshot gives the same diagnosis."""

from __future__ import annotations

from diagnostics import case as cases
from diagnostics import texts
from diagnostics.case import Case
from diagnostics.path import path_of
from diagnostics.ranking import Ranked, rank
from diagnostics.report import report
from diagnostics.ruleset import Ruleset
from domain.snapshot import Snapshot
from domain.verdict import Diagnosis, Family, ResultCode

_WORKING = frozenset({Family.OK, Family.OK_SESSION_INACTIVE})


def judge(case: Case, ruleset: Ruleset) -> tuple[Ranked, ...]:
    """What stands of what the rules say of a case, the headline first."""
    found = []
    for rule in ruleset.of_test[case.snapshot.test]:
        match = rule.evaluate(case, ruleset.thresholds)
        if match is not None:
            found.append((rule, match))
    return rank(found, ruleset.thresholds)


def result_code(family: Family) -> ResultCode:
    """The screen's column `Diagnostic`: an inactive session does not make the access faulty."""
    if family is Family.INDETERMINE:
        return ResultCode.UNDETERMINED
    return ResultCode.OK if family in _WORKING else ResultCode.KO


def diagnose(snapshot: Snapshot, ruleset: Ruleset) -> Diagnosis:
    """The diagnosis of a snapshot. Pure: no clock, no I/O; never raises for what the snapshot holds or lacks."""
    case = cases.derive(snapshot, ruleset.thresholds)
    ranked = judge(case, ruleset)
    head, page = ranked[0], ruleset.pages[ranked[0].rule.id]
    findings = tuple(texts.finding(ruleset.pages[item.rule.id], item, ruleset.common) for item in ranked)
    shown = report(case, ruleset.common)
    return Diagnosis(
        family=head.match.family,
        result=result_code(head.match.family),
        defect=head.match.defect,
        prelocalisation=head.match.prelocalisation,
        scope=head.match.scope,
        severity=head.match.severity,
        confidence=head.confidence,
        owner=head.match.owner,
        synthesis=texts.synthesis(page, head),
        interpretation=texts.interpretation(page, head),
        action=findings[0].action,
        findings=findings,
        blocks=shown.blocks,
        not_measured=shown.not_measured,
        ruleset=ruleset.version,
        path=path_of(snapshot, case.readings, case.budget, case.crowd, ruleset.thresholds),
    )
