"""Pure trend functions: robust, blind to what was not sampled, and the same for one series or a fleet."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diagnostics.trends.cycles import correlation, daily_swing, hour_spread
from diagnostics.trends.slopes import daily_medians, theil_sen
from diagnostics.trends.steps import best_steps, line_misfit

DAYS = np.arange(30.0)


def test_a_slope_is_not_moved_by_a_quarter_of_wrong_samples():
    line = 0.1 * DAYS
    spoilt = line.copy()
    spoilt[::4] = 40.0
    gaps = line.copy()
    gaps[3:9] = np.nan
    slopes = theil_sen(DAYS, np.stack([line, spoilt, gaps, np.full(30, np.nan)]))
    assert slopes[0] == pytest.approx(0.1)
    assert slopes[1] == pytest.approx(0.1, abs=0.02)
    assert slopes[2] == pytest.approx(0.1)
    assert math.isnan(slopes[3])
    assert math.isnan(theil_sen(DAYS[:1], np.array([[1.0]]))[0])


def test_a_day_without_sample_has_no_median():
    medians = daily_medians(np.array([0.1, 0.5, 0.9, 2.5]), np.array([[1.0, 9.0, 2.0, 5.0]]), 0, 3)
    assert medians[0, 0] == 2.0
    assert math.isnan(medians[0, 1])
    assert daily_medians(np.empty(0), np.empty((2, 0)), 0, 0).shape == (2, 0)


def test_a_step_is_dated_and_fits_better_than_a_slope():
    step, slope = np.where(DAYS < 12, 0.0, 3.0), 0.1 * DAYS
    both = np.stack([step, slope, np.full(30, np.nan)])
    found, lines = best_steps(both), line_misfit(DAYS, both, theil_sen(DAYS, both))
    assert (found.at[0], found.rise[0], found.misfit[0]) == (12.0, 3.0, 0.0)
    assert found.misfit[0] < lines[0]
    assert found.misfit[1] > lines[1]
    assert math.isnan(found.at[2])
    assert math.isinf(lines[2])
    late = np.full((1, 30), np.nan)
    late[0, 20:24] = [1.0, 1.0, 4.0, 4.0]
    assert best_steps(late).rise[0] == 3.0
    assert line_misfit(DAYS, both[2:], np.array([np.nan]))[0] == math.inf


def test_a_daily_cycle_needs_several_days():
    hours = np.arange(0, 10, 0.125)
    wave = np.where(hours % 1 < 0.5, 2.0, 0.0)
    assert daily_swing(hours, wave) == pytest.approx(2.0)
    assert math.isnan(daily_swing(hours[:8], wave[:8]))
    assert math.isnan(daily_swing(hours, np.full(hours.size, np.nan)))


def test_what_moves_together_is_correlated_and_what_never_moves_is_not():
    assert correlation(DAYS, 2 * DAYS) == pytest.approx(1.0)
    assert math.isnan(correlation(DAYS, np.ones(30)))
    assert math.isnan(correlation(DAYS[:3], DAYS[:3]))


@pytest.mark.parametrize(("hours", "half"), [([23.5, 0.5], 0.5), ([1.0, 13.0], 6.0), ([7.0], 0.0)])
def test_hours_around_midnight_are_close(hours, half):
    assert hour_spread(np.array(hours)) == pytest.approx(half)
    assert math.isnan(hour_spread(np.empty(0)))
