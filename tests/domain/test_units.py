"""Levels and losses: the seed's figures, and what physics asks of any others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidValueError
from domain.units import dbm_to_mw, format_level, loss_db, mw_to_dbm

LEVELS = st.floats(-60, 20)


def test_the_seed_s_losses() -> None:
    assert loss_db(3.4, -19.36) == pytest.approx(22.76)
    assert loss_db(2.28, -20.7) == pytest.approx(22.98)


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (3.4, "3.4"),
        (-20.7, "-20.7"),
        (2.28, "2.28"),
        (-19.36, "-19.36"),
        (3.0, "3.0"),
        (-14.686, "-14.69"),
        (-0.001, "0.0"),
    ],
)
def test_levels_are_printed_as_on_the_screen(level: float, text: str) -> None:
    assert format_level(level) == text


@given(LEVELS)
def test_a_level_survives_milliwatts(level: float) -> None:
    assert mw_to_dbm(dbm_to_mw(level)) == pytest.approx(level, abs=1e-9)


@given(LEVELS, LEVELS)
def test_more_power_is_a_higher_level(one: float, other: float) -> None:
    assert (one > other) <= (dbm_to_mw(one) >= dbm_to_mw(other))


@given(LEVELS)
def test_a_printed_level_is_within_half_a_hundredth(level: float) -> None:
    assert abs(float(format_level(level)) - level) <= 0.005 + 1e-12


@pytest.mark.parametrize("power", [0.0, -1.0, float("nan")])
def test_no_power_has_no_level(power: float) -> None:
    with pytest.raises(InvalidValueError):
        mw_to_dbm(power)
