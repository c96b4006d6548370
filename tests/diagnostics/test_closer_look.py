"""A closer look at one ONT: its cycles and its falls, by the very numbers of a line test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from diagnostics.trends.closer import closer
from domain.access import OpticalClass
from domain.history import Drop, History, Sample
from domain.identifiers import OntName
from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_RX_DBM, ONT_TX_DBM
from domain.metrics.surroundings import AIR_TEMPERATURE_C, RAIN_MM
from domain.states import DownCause
from domain.trend import Trend, TrendCause, TrendKind
from tests.diagnostics.build import rules

T = rules().thresholds
ONT = OntName(1, 1, 5, 10, 19)
START = datetime(2026, 5, 1, tzinfo=UTC)
NOW = START + timedelta(days=12)
STEPS = 12 * 8


def look(history: History) -> list[Trend]:
    return list(closer("OLT-1", ONT, history, NOW, OpticalClass.B_PLUS, T))


def samples(values: np.ndarray) -> tuple[Sample, ...]:
    return tuple(Sample(START + timedelta(hours=3 * step), float(value)) for step, value in enumerate(values))


def swinging(down: float, up: float, **around: np.ndarray) -> History:
    """A line whose loss is greater by day than by night."""
    day = (np.arange(STEPS) % 8 >= 4).astype(float)
    series = {
        ONT_RX_DBM.key: samples(-19.0 - down * day),
        OLT_RX_DBM.key: samples(-20.0 - up * day),
        ONT_TX_DBM.key: samples(np.full(STEPS, 2.3)),
        PON_TX_DBM.key: samples(np.full(STEPS, 3.4)),
    }
    named = {"heat": AIR_TEMPERATURE_C, "rain": RAIN_MM}
    return History(series | {named[name].key: samples(values) for name, values in around.items()})


def falls(*causes: DownCause | None, every_h: float = 5.0) -> History:
    return History(
        drops=tuple(Drop(NOW - timedelta(hours=1 + every_h * place), None, cause) for place, cause in enumerate(causes))
    )


def test_a_quiet_line_says_nothing():
    assert look(swinging(0.2, 0.2)) == []
    assert look(falls(DownCause.LOS)) == []


@pytest.mark.parametrize(("swing", "told"), [(0.99, False), (1.0, True), (1.01, True)])
def test_a_daily_cycle_counts_from_a_decibel(swing: float, told: bool):
    assert bool(look(swinging(round(swing, 2), round(swing, 2)))) is told


def test_a_cycle_without_any_weather_has_an_unknown_cause():
    [one] = look(swinging(1.5, 1.5))
    assert (one.kind, one.cause, one.days_left, one.ont) == (TrendKind.CYCLE, TrendCause.UNKNOWN, None, ONT)
    assert one.change_db == pytest.approx(1.5)
    assert one.confidence == round(T.ceilings["loss_cycle"] * T.doubt_missing, 2)


def test_a_cycle_that_is_stronger_downstream_is_a_bend_and_so_is_one_that_follows_the_heat():
    [bend] = look(swinging(2.0, 1.0))
    assert (bend.cause, [fact.code for fact in bend.facts]) == (
        TrendCause.BEND, ["daily_swing", "more_downstream_daily"],
    )  # fmt: skip
    heat = 15.0 - 10 * (np.arange(STEPS) % 8 >= 4)
    [warm] = look(swinging(1.5, 1.5, heat=heat))
    assert (warm.cause, warm.confidence) == (TrendCause.BEND, T.ceilings["loss_cycle"])


def test_a_loss_that_follows_the_rain_is_moisture():
    wet = (np.arange(STEPS) // 8 % 3 == 0).astype(float)
    history = History({ONT_RX_DBM.key: samples(-19.0 - 2 * wet), RAIN_MM.key: samples(5 * wet)})
    [one] = look(history)
    assert one.cause is TrendCause.MOISTURE
    assert one.change_db == pytest.approx(2.0)
    assert one.facts[0].code == "moves_with_rain"


@pytest.mark.parametrize(("count", "told"), [(2, False), (3, True)])
def test_falls_count_from_three_in_a_day(count: int, told: bool):
    assert bool(look(falls(*[DownCause.LOS] * count))) is told


@pytest.mark.parametrize(
    ("causes", "cause", "sure"),
    [
        ([DownCause.LOS] * 4, TrendCause.LIGHT, T.ceilings["flapping_light"]),
        ([DownCause.DYING_GASP] * 4, TrendCause.POWER, T.ceilings["flapping_power"]),
        ([DownCause.LOS] * 3 + [None], TrendCause.LIGHT, T.ceilings["flapping_light"] * T.doubt_missing),
        ([None] * 4, TrendCause.UNKNOWN, T.ceilings["flapping_power"] * T.doubt_decisive),
    ],
)
def test_falls_are_classified_by_their_causes(causes: list[DownCause | None], cause: TrendCause, sure: float):
    [one] = look(falls(*causes))
    assert (one.kind, one.cause, one.confidence) == (TrendKind.FLAPPING, cause, round(sure, 2))
    assert one.since == NOW - timedelta(hours=1 + 5 * (len(causes) - 1))


def test_losses_of_power_at_the_same_hour_are_a_habit():
    [one] = look(falls(*[DownCause.DYING_GASP] * 6, every_h=24))
    assert (one.cause, one.facts[-1].code) == (TrendCause.HABIT, "same_hour")
