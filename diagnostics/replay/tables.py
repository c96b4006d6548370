"""A back-test as a table in French, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from diagnostics.replay.backtest import Headline, Tally
from domain.verdict import Family

_WIDTH = max(len(family.value) for family in Family) + 3


def table(tally: Tally) -> Iterator[str]:
    """What would change, from the whole to each verdict."""
    yield f"{tally.total} diagnostics rejoués"
    for (ruleset, code), count in sorted(tally.decided_by.items()):
        yield f"  {count} rendus par les règles {ruleset}, code {code}"
    for why, count in sorted(tally.unread.items()):
        yield f"  {count} illisibles sous ce code : {why}"
    judged = sum(tally.families.values())
    if not judged:
        return
    yield f"{tally.changes} changent de verdict, {tally.confidence_only} de confiance seulement"
    yield f"confiance moyenne : {tally.confidence_sum / judged:+.3f}"
    yield (
        f"techniciens chez le client : {tally.visits_before} → "
        f"{tally.visits_before + tally.visits_added - tally.visits_avoided} "
        f"({tally.visits_added} de plus, {tally.visits_avoided} évités)"
    )
    yield from _families(tally)
    for number, before, after in tally.changed:
        yield f"{number} : {_said(before)} → {_said(after)}"
    if tally.changes > len(tally.changed):
        yield f"… et {tally.changes - len(tally.changed)} autres"


def as_json(tally: Tally) -> dict[str, Any]:
    """The same as data."""
    judged = sum(tally.families.values())
    return {
        "total": tally.total,
        "changed": tally.changes,
        "confidence_only": tally.confidence_only,
        "confidence_mean_change": round(tally.confidence_sum / judged, 4) if judged else None,
        "visits": {"before": tally.visits_before, "added": tally.visits_added, "avoided": tally.visits_avoided},
        "families": [{"from": a, "to": b, "count": n} for (a, b), n in sorted(tally.families.items())],
        "decided_by": [{"ruleset": r, "code": c, "count": n} for (r, c), n in sorted(tally.decided_by.items())],
        "unread": dict(tally.unread),
        "diagnoses": [{"number": number, "before": asdict(a), "after": asdict(b)} for number, a, b in tally.changed],
    }


def _families(tally: Tally) -> Iterator[str]:
    """One line a family before, one column a family after; only those met."""
    before = [f for f in Family if any(a is f for a, _ in tally.families)]
    after = [f for f in Family if any(b is f for _, b in tally.families)]
    yield "famille avant ↓ après →".ljust(_WIDTH + 4) + "  ".join(f.value for f in after)
    for a in before:
        cells = (str(tally.families[a, b] or "·").rjust(len(b.value)) for b in after)
        yield f"  {a.value:<{_WIDTH + 2}}" + "  ".join(cells)


def _said(headline: Headline) -> str:
    visit = ", technicien" if headline.visit else ""
    return (
        f"{headline.rule} ({headline.family}, {headline.prelocalisation}, {headline.scope}, "
        f"{headline.confidence:.2f}{visit})"
    )
