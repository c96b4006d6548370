"""Snapshots at the edge of a number, and what is seen of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from diagnostics.case import Case, derive
from diagnostics.engine import diagnose
from diagnostics.rule import Match
from diagnostics.ruleset import Ruleset
from diagnostics.trends.access import Trends
from domain.access import OpticalClass, OutsidePlant
from domain.history import Drop, History, Sample
from domain.metric import Metric
from domain.metrics import box, context, olt, ont, session
from domain.metrics import reference as ref
from domain.reading import Quality, Source, Via, known
from domain.snapshot import Neighbour, Snapshot
from domain.states import DownCause, Reach
from domain.verdict import Diagnosis
from tests.diagnostics.build import (
    FAR,
    FELL,
    NEAR,
    NOTHING,
    NOW,
    Values,
    Where,
    crowd,
    dark,
    gasping,
    neighbour,
    over,
    snapshot,
)

Look = Callable[[Ruleset, Any], object]


@dataclass(frozen=True, slots=True)
class Edge:
    """What is seen of one number, at values on both sides of it."""

    number: str
    look: Look
    seen: Mapping[Any, object]

    def wrong(self, ruleset: Ruleset) -> list[Any]:
        """The values at which a rule-set sees something else."""
        return [value for value, expected in self.seen.items() if self.look(ruleset, value) != expected]


REFERENCE: Values = {
    ref.REFERENCE_ONT_RX_DBM: -20.0,
    ref.REFERENCE_OLT_RX_DBM: -21.0,
    ref.REFERENCE_ONT_TX_DBM: 2.0,
    ref.REFERENCE_OLT_TX_DBM: 3.0,
    ref.REFERENCE_ONT_BIAS_MA: 10.0,
    ref.REFERENCE_OLT_BIAS_MA: 20.0,
}
LEVELS: Values = {ont.ONT_RX_DBM: -20.0, ont.OLT_RX_DBM: -21.0, ont.ONT_TX_DBM: 2.0, olt.PON_TX_DBM: 3.0}
NO_REFERENCE_LEVELS: Values = {ont.ONT_RX_DBM: -20.0, ont.OLT_RX_DBM: -21.0}


def line(*layers: Values, **changes: Any) -> Snapshot:
    """An access that works exactly as at its reference, with changes."""
    return snapshot(REFERENCE, LEVELS, *layers, **changes)


def said(ruleset: Ruleset, snap: Snapshot) -> Diagnosis:
    return diagnose(snap, ruleset)


def head(ruleset: Ruleset, snap: Snapshot) -> str:
    """The rule of the headline."""
    return said(ruleset, snap).findings[0].rule


def case(ruleset: Ruleset, snap: Snapshot) -> Case:
    return derive(snap, ruleset.thresholds)


def refused(metric: Metric[Any], snap: Callable[[Any], Snapshot]) -> Look:
    """Whether hygiene refuses a value of a metric."""
    return lambda r, v: not case(r, snap(v)).readings[metric].known


def headline(snap: Callable[[Any], Snapshot]) -> Look:
    return lambda r, v: head(r, snap(v))


def fact(name: str, snap: Callable[[Any], Snapshot]) -> Look:
    return lambda r, v: getattr(case(r, snap(v)).facts, name)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def old(metric: Metric[Any], value: Any, age_s: float, quality: Quality = Quality.LIVE) -> Snapshot:
    """A reading of some age."""
    return snapshot({metric: known(value, ago(age_s), Source(Via.SNMP), quality)})


def risen(down: float, up: float | None = None, **changes: Any) -> Snapshot:
    """A line that loses more than at its reference."""
    up = down if up is None else up
    return line({ont.ONT_RX_DBM: -20.0 - down, ont.OLT_RX_DBM: -21.0 - up}, **changes)


def counted(up: float = 0.0, down: float = 0.0, lost: float = 0.0, *layers: Values) -> Snapshot:
    """Errors at these rates, over 1,000 s."""
    layer: Values = {
        ont.ONT_COUNTER_INTERVAL_S: 1000.0,
        ont.ONT_ERRORS_UP: round(up * 1.24416e9 * 1000),
        ont.ONT_ERRORS_DOWN: round(down * 2.48832e9 * 1000),
        ont.ONT_FEC_UNCORRECTED: round(lost * 1.22e6 * 1000),
    }
    return line(layer, *layers)


def neighbours(number: int, **drift: Any) -> tuple[Neighbour, ...]:
    return tuple(replace(neighbour(n), **drift) for n in range(number))


def fallen(falls: int, hours: float = 5.0, cause: DownCause = DownCause.LOS, spread_h: float = 0.0) -> Snapshot:
    """An ONT that fell so often, so many hours apart."""
    drops = [
        Drop(ago(3600 * (1 + hours * n + (spread_h if n % 2 else 0.0))), ago(3500 * (1 + hours * n)), cause)
        for n in range(falls)
    ]
    return replace(line(), history=History(drops=tuple(drops)))


def series(metric: Metric[float], values: list[float], step_h: float = 3.0) -> tuple[str, tuple[Sample, ...]]:
    """Samples that end now."""
    last = len(values) - 1
    return metric.key, tuple(Sample(ago(3600 * step_h * (last - n)), value) for n, value in enumerate(values))


def with_series(*found: tuple[str, tuple[Sample, ...]]) -> Snapshot:
    return replace(line(), history=History(series=dict(found)))


def swinging(swing_db: float) -> Snapshot:
    """A loss that swings once a day for eight days, alike both ways."""
    rx = [-20.0 - (swing_db if n % 8 in (1, 2) else 0.0) for n in range(64)]
    return with_series(series(ont.ONT_RX_DBM, rx), series(olt.PON_TX_DBM, [3.0] * 64))


def trends(ruleset: Ruleset, snap: Snapshot) -> Trends:
    return case(ruleset, snap).trends


def together(seconds: float) -> Snapshot:
    """The whole PON dark, its neighbours so long after the subject."""
    fell = FELL + timedelta(seconds=seconds)
    return over("feeder_cut", neighbours=crowd(*(dark(n, fell) for n in range(3)), dark(20, fell, **FAR)))


def feeder(up: int, dark_: int) -> Snapshot:
    """A PON of which some are up and some dark, in many PBOs."""
    places: list[Where] = [{"pbo": f"PBO-{n % 7}", "splitter": f"S-{n % 7}"} for n in range(up + dark_)]
    onts = [dark(n, **places[n]) for n in range(dark_)] + [neighbour(n, **places[n]) for n in range(dark_, up + dark_)]
    return over("feeder_cut", neighbours=crowd(*onts))


def pbo(dark_: int) -> Snapshot:
    """A PBO of which so many neighbours are dark, the rest of the PON being up."""
    near = [dark(n) for n in range(dark_)]
    return over(
        "pbo_cut", neighbours=crowd(*near, neighbour(15, **NEAR), *(neighbour(n, **FAR) for n in range(20, 30)))
    )


def gasps(number: int, apart_s: float = 10.0) -> Snapshot:
    """Neighbours that lost mains so long after the subject."""
    fell = FELL + timedelta(seconds=apart_s)
    onts = [gasping(n, fell) for n in range(number)]
    return over("area_power_cut", neighbours=crowd(*onts, neighbour(20, **FAR)))


def job(after_s: float) -> Snapshot:
    """A light lost so long after the start of a job at the PM."""
    return over("drop_cut", {context.PM_JOB_AT: FELL - timedelta(seconds=after_s)})


def acted(on: str, age_s: float) -> Snapshot:
    layer: Values = {context.TELEACTION: f"reboot_{on}", context.TELEACTION_AT: ago(age_s)}
    return snapshot({session.SESSION_ACTIVE: False, box.BOX_PPP_STATUS: NOTHING, box.BOX_REACH: Reach.SILENT}, layer)


def silent_box(age_s: float, interval_s: int | None = 1000) -> Snapshot:
    """A box whose last Inform is so old."""
    layer: Values = {
        box.BOX_REACH: NOTHING,
        box.BOX_PPP_STATUS: NOTHING,
        session.SESSION_ACTIVE: NOTHING,
        session.SESSION_LAST_SEEN: NOTHING,
        box.BOX_LAST_INFORM: ago(age_s),
        box.BOX_INFORM_INTERVAL_S: NOTHING if interval_s is None else interval_s,
    }
    return snapshot(layer)


def clocked(ahead_s: float) -> Snapshot:
    return snapshot({box.BOX_LAST_INFORM: ago(-ahead_s)})


def of_class(name: OpticalClass, layer: Mapping[Metric[Any], Any]) -> Snapshot:
    return replace(snapshot(layer, outside=OutsidePlant()), optical_class=name)


def matched(rule: str, ruleset: Ruleset, found: Case) -> Match | None:
    """What one rule says of a case."""
    one = next(one for one in ruleset.rules if one.id == rule)
    return one.evaluate(found, ruleset.thresholds)


def objected(rule: str, snap: Callable[[Any], Snapshot]) -> Look:
    """How many facts speak against a rule's verdict; ``None`` where it says nothing."""

    def look(ruleset: Ruleset, value: object) -> object:
        match = matched(rule, ruleset, case(ruleset, snap(value)))
        return None if match is None else len(match.evidence_against)

    return look


def measured(rule: str | None, snap: Snapshot, **changes: float | str | None) -> Look:
    """What a rule says of a budget with changes, ``"v"`` for the value; or whether the loss is explained."""

    def look(ruleset: Ruleset, value: float) -> object:
        found = case(ruleset, snap)
        numbers: dict[str, Any] = {name: value if one == "v" else one for name, one in changes.items()}
        budget = replace(found.budget, **numbers)
        if rule is None:
            return budget.loss_explained(ruleset.thresholds)
        match = matched(rule, ruleset, replace(found, budget=budget))
        return None if match is None else match.role.value

    return look
