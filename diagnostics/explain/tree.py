"""The reasoning as a tree: sources, refusals, facts, budget, neighbours, each rule and why not, ranking, confidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from diagnostics import texts
from diagnostics.case import Case, derive
from diagnostics.correlation import Group
from diagnostics.engine import diagnose
from diagnostics.explain import words
from diagnostics.explain.trace import Tried, evaluate
from diagnostics.pages import CommonPage, Page
from diagnostics.ranking import Ranked, rank
from diagnostics.rule import Doubt, Match, Role
from diagnostics.ruleset import Ruleset
from domain.snapshot import Snapshot, SourceReport
from domain.verdict import Diagnosis, Finding


@dataclass(frozen=True, slots=True)
class Node:
    """One line of the tree, and what hangs below it."""

    text: str
    below: tuple[Node, ...] = ()

    def lines(self) -> Iterator[str]:
        """The tree, line by line."""
        yield self.text
        for number, node in enumerate(self.below, start=1):
            last = number == len(self.below)
            first, *others = node.lines()
            yield f"{'└─' if last else '├─'} {first}"
            yield from (f"{'  ' if last else '│ '} {line}" for line in others)


def explain(snapshot: Snapshot, ruleset: Ruleset) -> Node:
    """The whole reasoning behind the diagnosis of a snapshot. No secret is in it."""
    case = derive(snapshot, ruleset.thresholds)
    tried = [evaluate(r, case, ruleset.thresholds) for r in ruleset.rules if snapshot.test in r.tests]
    fired = [(one.rule, one.match) for one in tried if one.match is not None]
    standing = rank(fired, ruleset.thresholds)
    diagnosis = diagnose(snapshot, ruleset)
    parts = (
        _verdict(diagnosis),
        Node("Sources lues", tuple(_source(report, ruleset.common) for report in snapshot.sources)),
        Node("Valeurs refusées", tuple(_refusals(case, ruleset.common))),
        Node("Faits", tuple(_known(case.facts, words.FACTS, unknown=True))),
        Node("Budget optique", tuple(_known(case.budget, words.BUDGET))),
        Node("Voisinage", tuple(_crowd(case))),
        Node("Cause commune", tuple(_ancestry(case))),
        Node("Erreurs", tuple(_known(case.errors, words.ERRORS))),
        Node("Tendances", tuple(_trends(case))),
        Node("Règles", tuple(_rule(one, ruleset) for one in tried)),
        Node("Classement", tuple(_ranking(diagnosis.findings, standing, fired, ruleset))),
        Node("Non mesuré", tuple(Node(f"{item.what} : {item.why}") for item in diagnosis.not_measured)),
    )
    return Node(f"{diagnosis.result} : {diagnosis.synthesis}", tuple(part for part in parts if part.below))


def _verdict(diagnosis: Diagnosis) -> Node:
    said = (
        f"{diagnosis.family}, {diagnosis.prelocalisation}, {diagnosis.scope}, {diagnosis.severity}",
        f"confiance {diagnosis.confidence:.2f}, {diagnosis.owner}, règles {diagnosis.ruleset}",
        diagnosis.interpretation,
        diagnosis.action,
        *([] if diagnosis.teleaction is None else [f"téléaction conseillée : {diagnosis.teleaction}"]),
        *(f"à demander au client : {one.equipment}, voyant {one.led} {one.expected}" for one in diagnosis.checks),
    )
    return Node("Verdict", tuple(Node(text) for text in said))


def _source(report: SourceReport, common: CommonPage) -> Node:
    why = "" if report.reason is None else f" : {common.reasons[report.reason]}"
    took = f" ({report.elapsed_ms:.0f} ms, {report.requests} requêtes)" if report.requests else ""
    return Node(f"{words.SOURCES[report.kind]} : {words.OUTCOMES[report.outcome]}{why}{took}")


def _refusals(case: Case, common: CommonPage) -> Iterator[Node]:
    for refusal in case.refusals:
        read = "" if refusal.shown is None else f" (lu : {refusal.shown})"
        yield Node(f"{refusal.metric.label_fr} : {common.reasons[refusal.reason]}{read}")


def _known(part: Any, names: Mapping[str, str], *, unknown: bool = False) -> Iterator[Node]:
    """The fields of a part of the case that have a value; the others too with ``unknown``."""
    for field in fields(part):
        value = words.shown(getattr(part, field.name))
        if unknown or value != words.UNKNOWN:
            yield Node(f"{names[field.name]} : {value}")


def _crowd(case: Case) -> Iterator[Node]:
    for field in fields(case.crowd):
        value = getattr(case.crowd, field.name)
        if not isinstance(value, Group):
            if value:
                yield Node(f"{words.CROWD[field.name]} : {words.shown(value)}")
        elif value.size:
            counts = {f.name: getattr(value, f.name) for f in fields(value)}
            told = [f"{words.GROUP[name]} : {words.shown(count)}" for name, count in counts.items() if count]
            yield Node(f"{words.CROWD[field.name]} : {value.size} ({', '.join(told)})")


def _ancestry(case: Case) -> Iterator[Node]:
    """How likely each cause is, the likeliest first; those beyond any doubt left out."""
    for ancestor, chance in sorted(case.ancestry.posterior.items(), key=lambda item: -item[1]):
        if round(chance, 4):
            yield Node(f"{words.ANCESTORS[ancestor]} : {chance:.4f}")


def _trends(case: Case) -> Iterator[Node]:
    for field in fields(case.trends):
        value, name = getattr(case.trends, field.name), words.TRENDS[field.name]
        if hasattr(value, "__dataclass_fields__"):
            if value != type(value)():
                yield Node(name, tuple(_known(value, words.TRENDS)))
        elif words.shown(value) not in (words.UNKNOWN, "0"):
            yield Node(f"{name} : {words.shown(value)}")


def _rule(tried: Tried, ruleset: Ruleset) -> Node:
    """A rule that fired with what speaks for and against it, or what it asked and the one thing that lacked."""
    rule, match, page = tried.rule, tried.match, ruleset.pages[tried.rule.id]
    if match is None:
        asked = " ; ".join(words.told(seen) for seen in tried.seen)
        lacking = (Node(f"il suffirait de : {words.told(seen)}") for seen in tried.lacking)
        return Node(f"non  {rule.id} : {asked}", tuple(lacking))
    title = page.forms[match.variant].title.render(texts.shown(match.params))
    below = (
        *(Node(f"+ {fact.text}") for fact in texts.evidence(page, match.evidence_for)),
        *(Node(f"- {fact.text}") for fact in texts.evidence(page, match.evidence_against)),
        Node(f"confiance : plafond {ruleset.thresholds.ceilings[rule.id]:.2f}", tuple(_doubts(match, page))),
    )
    return Node(f"OUI  {rule.id} : {title} ({words.ROLES[match.role]})", below)


def _doubts(match: Match, page: Page) -> Iterator[Node]:
    yield from (Node(f"× {doubt.factor:.2f} {_why(doubt, match, page)}") for doubt in match.doubts if doubt.factor < 1)


def _why(doubt: Doubt, match: Match, page: Page) -> str:
    if doubt.sign is not None and doubt.sign in match.evidence_against:
        return f"contredit : {texts.evidence(page, (doubt.sign,))[0].text}"
    if doubt.sign is not None:
        return f"attendu, non mesuré : {texts.evidence(page, (doubt.sign,))[0].text}"
    if doubt.decider is not None:
        return f"à lire : {page.deciders[doubt.decider].render(texts.shown(match.params))}"
    return "signe absent"


def _ranking(
    findings: Sequence[Finding], standing: Sequence[Ranked], fired: Sequence[tuple[Any, Match]], ruleset: Ruleset
) -> Iterator[Node]:
    """What stands, in order, then what fired and was set aside, with the reason."""
    for number, (finding, ranked) in enumerate(zip(findings, standing, strict=True), start=1):
        below = [] if finding.decider is None else [Node(f"lecture qui trancherait : {finding.decider}")]
        ceiling = ruleset.thresholds.ceilings[finding.rule]
        if round(ceiling * ranked.match.certainty, 2) > finding.confidence:
            below.append(Node("confiance baissée : une autre hypothèse du même niveau convient aussi"))
        yield Node(f"{number}. {finding.title} [{finding.rule}], confiance {finding.confidence:.2f}", tuple(below))
    kept = {ranked.rule.id for ranked in standing}
    for rule, match in fired:
        if rule.id not in kept:
            yield Node(f"écartée : {rule.id}, {_aside(match, standing[0].rule.id)}")


def _aside(match: Match, head: str) -> str:
    if match.role is Role.HEALTH:
        return "une panne ou une dégradation est établie"
    if match.role is Role.UNKNOWN:
        return "une explication passe avant"
    return f"conséquence de {head}, plus bas dans le réseau"
