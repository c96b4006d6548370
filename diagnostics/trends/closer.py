"""A closer look at one ONT that the scan of its days cannot settle: cycles of the day, and falls that come back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from diagnostics.thresholds import Thresholds
from diagnostics.trends.access import Trends, history_trends
from diagnostics.trends.flapping import Flaps
from domain.access import OpticalClass
from domain.history import History
from domain.identifiers import OntName
from domain.metric import Readings
from domain.trend import Trend, TrendCause, TrendFact, TrendKind
from domain.verdict import Scope


def closer(
    olt: str, ont: OntName, history: History, now: datetime, optical_class: OpticalClass, t: Thresholds
) -> tuple[Trend, ...]:
    """Its cycle and its falls, by the very numbers that a line test of it would use."""
    trends = history_trends(history, Readings(), now, optical_class, t)
    return (*cycle(olt, ont, trends, t), *_falls(olt, ont, trends.flaps, history, t))


def cycle(olt: str, ont: OntName, trends: Trends, t: Thresholds) -> Iterator[Trend]:
    """What is told of a loss that moves with the hours or the weather; nothing where it does not."""
    swing = float(np.fmax(trends.swing_down_db, trends.swing_up_db))
    daily = swing >= t.cycle_db
    wet = trends.with_rain >= t.cycle_correlation and trends.range_db >= t.cycle_db
    if not daily and not wet:
        return
    warm = abs(trends.with_heat) >= t.cycle_correlation
    bends = trends.swing_down_db - trends.swing_up_db >= t.cycle_db / 2
    facts = [TrendFact("moves_with_rain", {"change": round(trends.range_db, 2)})] if wet else []
    facts += [TrendFact("daily_swing", {"change": round(swing, 2)})] if daily else []
    facts += [TrendFact("moves_with_heat")] if warm else []
    facts += [TrendFact("more_downstream_daily")] if bends else []
    cause = TrendCause.MOISTURE if wet else TrendCause.BEND if warm or bends else TrendCause.UNKNOWN
    doubt = 1.0 if wet or warm else t.doubt_missing  # no weather says why
    yield _trend(
        olt, ont, TrendKind.CYCLE, cause, None, trends.range_db if wet else swing,
        t.ceilings["loss_cycle"] * doubt, facts,
    )  # fmt: skip


def _falls(olt: str, ont: OntName, flaps: Flaps, history: History, t: Thresholds) -> Iterator[Trend]:
    if not flaps.unstable:
        return
    numbers = {"day": float(flaps.day), "week": float(flaps.week)}
    facts = [TrendFact("falls", numbers)]
    if flaps.light or flaps.power:
        facts.append(TrendFact("falls_by_cause", {"light": float(flaps.light), "power": float(flaps.power)}))
    if flaps.habit:
        facts.append(TrendFact("same_hour"))
    by_light = flaps.light > flaps.power
    cause = TrendCause.LIGHT if by_light else TrendCause.HABIT if flaps.habit else TrendCause.POWER
    known = flaps.light + flaps.power
    doubt = 1.0 if known == flaps.week else t.doubt_missing
    if not known:
        cause, doubt = TrendCause.UNKNOWN, t.doubt_decisive
    since = min((drop.down_at for drop in history.drops), default=None)
    ceiling = t.ceilings["flapping_light" if by_light else "flapping_power"]
    yield _trend(olt, ont, TrendKind.FLAPPING, cause, since, None, ceiling * doubt, facts)


def _trend(  # noqa: PLR0913, PLR0917 - the fields of a trend of one ONT
    olt: str,
    ont: OntName,
    kind: TrendKind,
    cause: TrendCause,
    since: datetime | None,
    change_db: float | None,
    confidence: float,
    facts: list[TrendFact],
) -> Trend:
    return Trend(
        olt=olt,
        scope=Scope.INDIVIDUAL,
        pon=ont.pon_name,
        ont=ont,
        place=None,
        onts=1,
        kind=kind,
        cause=cause,
        since=since,
        slope_db_day=None,
        change_db=change_db,
        days_left=None,
        confidence=round(confidence, 2),
        facts=tuple(facts),
    )
