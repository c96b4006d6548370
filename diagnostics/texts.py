"""Turns what the rules found into French, with the templates of their pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from diagnostics.pages import CommonPage, Page
from diagnostics.ranking import Ranked
from diagnostics.rule import Param, Sign
from domain.clock import PARIS
from domain.units import format_level
from domain.verdict import Evidence, Finding


def instant(at: datetime) -> str:
    """An instant as the agent reads it, Europe/Paris: ``09/05/2019 à 10:29:00``."""
    there = at.astimezone(PARIS)  # strftime takes five times as long
    day, clock = f"{there.day:02}/{there.month:02}/{there.year:04}", f"{there.hour:02}:{there.minute:02}"
    return f"{day} à {clock}:{there.second:02}"


def moment(at: datetime, now: datetime) -> str:
    """An instant as one says it on that day: ``14:02``, or ``le 08/05/2019 à 14:02`` on another; Europe/Paris."""
    there, here = at.astimezone(PARIS), now.astimezone(PARIS)
    return there.strftime("%H:%M" if there.date() == here.date() else "le %d/%m/%Y à %H:%M")


def shown(params: Mapping[str, Param]) -> dict[str, str]:
    """The values of placeholders as text: levels with one or two decimals, instants in Europe/Paris."""
    return {name: _shown(value) for name, value in params.items()}


def _shown(value: Param) -> str:
    if isinstance(value, float):
        return format_level(value)
    return instant(value) if isinstance(value, datetime) else str(value)


def evidence(page: Page, signs: tuple[Sign, ...]) -> tuple[Evidence, ...]:
    """The facts as sentences of the page."""
    return tuple(Evidence(page.evidence[s.key].render(shown(s.params)), s.metrics, s.at) for s in signs)


def synthesis(page: Page, ranked: Ranked) -> str:
    """The sentence of `Synthèse`."""
    return page.forms[ranked.match.variant].synthesis.render(shown(ranked.match.params))


def interpretation(page: Page, ranked: Ranked) -> str:
    """The sentence of `Interprétation`."""
    return page.forms[ranked.match.variant].interpretation.render(shown(ranked.match.params))


def finding(page: Page, ranked: Ranked, common: CommonPage) -> Finding:
    """The finding as the result shows it."""
    match = ranked.match
    form, params = page.forms[match.variant], shown(match.params)
    decider = None if match.decider is None else page.deciders[match.decider].render(params)
    action = form.action.render(params)
    if match.held and decider is not None:
        action = f"{common.texts['held'].render({'decider': decider})} {action}"
    return Finding(
        rule=ranked.rule.id,
        family=match.family,
        prelocalisation=match.prelocalisation,
        scope=match.scope,
        severity=match.severity,
        confidence=ranked.confidence,
        owner=match.owner,
        defect=match.defect,
        title=form.title.render(params),
        action=action,
        evidence_for=evidence(page, match.evidence_for),
        evidence_against=evidence(page, match.evidence_against),
        decider=decider,
        teleaction=form.teleaction,
        checks=form.checks,
    )
