"""Differences of counters: wraps undone, resets left unknown, nothing invented."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.counters import deltas
from domain.errors import InvalidValueError

NAN = math.nan


def told(values: list[float], **given: Any) -> list[float | None]:
    at = np.arange(len(values), dtype=np.float64) * 300.0
    found = deltas(np.array(values, dtype=np.float64), at, **given)
    return [None if math.isnan(step) else step for step in found]


def test_a_counter_that_grows_tells_what_was_added() -> None:
    assert told([10, 15, 15, 40]) == [None, 5, 0, 25]


def test_what_was_not_read_is_bridged_from_the_last_reading() -> None:
    assert told([NAN, 10, NAN, NAN, 40, NAN]) == [None, None, None, None, 30, None]
    assert told([NAN, NAN]) == [None, None]
    assert told([]) == []


def test_a_32_bit_counter_wraps_and_a_64_bit_one_was_reset() -> None:
    assert told([2**32 - 10, 5], bits=32) == [None, 15]
    assert told([2**32 - 10, 5], bits=64) == [None, None]


def test_a_32_bit_counter_that_goes_back_a_little_was_reset() -> None:
    assert told([1000, 5], bits=32) == [None, None]


def test_nothing_is_told_across_a_start_of_the_agent() -> None:
    uptime = np.array([1000.0, 1300.0, 20.0, 320.0])
    assert told([10, 20, 30, 45], uptime_s=uptime) == [None, 10, None, 15]
    assert told([2**32 - 10, 5, 7, 8], bits=32, uptime_s=uptime) == [None, 15, None, 1]


def test_readings_between_two_known_uptimes_may_be_on_either_side_of_a_start() -> None:
    uptime = np.array([1000.0, NAN, NAN, 30.0, 330.0])
    assert told([10, 20, 30, 40, 50], uptime_s=uptime) == [None, None, None, None, 10]
    assert told([10, 20, 30, 40, 50], uptime_s=np.full(5, NAN)) == [None, 10, 10, 10, 10]


def test_the_uptime_wraps_after_497_days_and_no_agent_starts_then() -> None:
    wrap_s = 2**32 / 100
    assert told([10, 20, 30], uptime_s=np.array([wrap_s - 100, 200.0, 500.0])) == [None, 10, 10]


def test_many_onts_at_once() -> None:
    found = deltas(np.array([[1.0, 2.0, 4.0], [5.0, NAN, 9.0]]), np.array([0.0, 300.0, 600.0]))
    assert np.array_equal(found, np.array([[NAN, 1.0, 2.0], [NAN, NAN, 4.0]]), equal_nan=True)


@pytest.mark.parametrize(
    ("bits", "at", "uptime"), [(16, [0.0, 1.0], None), (32, [0.0], None), (32, [0.0, 1.0], np.array([1.0]))]
)
def test_what_does_not_fit_together_is_refused(bits: int, at: list[float], uptime: Any) -> None:
    with pytest.raises(InvalidValueError):
        deltas(np.array([1.0, 2.0]), np.array(at), bits, uptime)


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.integers(0, 2**31 - 1), st.booleans(), st.booleans()), max_size=20),
    st.sampled_from([32, 64]),
)
def test_what_is_told_is_what_was_counted(start: int, story: list[tuple[int, bool, bool]], bits: int) -> None:
    """A counter that grows, is reset with its agent, is not always read: what is told is true, whatever the story."""
    counter, booted, spans = start, -10_000.0, []
    values, uptimes = [float(start)], [10_000.0]
    total = 0.0
    for number, (grown, restarts, heard) in enumerate(story, start=1):
        counter, total = (grown, NAN) if restarts else (counter + grown, total + grown)
        counter %= 1 << bits
        booted = number * 300.0 - 100.0 if restarts else booted
        values.append(float(counter) if heard else NAN)
        uptimes.append(number * 300.0 - booted)
        spans.append(total)
        total = 0.0 if heard else total
    at = 300.0 * np.arange(len(values), dtype=np.float64)
    found = deltas(np.array(values), at, bits, np.array(uptimes))
    assert math.isnan(found[0])
    for step, (_, _, heard), span in zip(found[1:], story, spans, strict=True):
        if not heard or math.isnan(span):
            assert math.isnan(step)
        else:
            assert step == span or (bits == 32 and span >= 2**31)
