"""A newer value takes the place of an older one, and nothing takes the place of a value but a value."""

from __future__ import annotations

import pytest

from domain.metric import Readings
from domain.metrics.box import BOX_FIRMWARE
from domain.reading import Quality, Reading, Reason, Source, known, missing
from storage.last_values import newest, stored
from tests.storage.samples import CWMP, MINUTE, NOW

OLD, NEW = known("old", NOW, CWMP), known("new", NOW + MINUTE, CWMP)
UNKNOWN: Reading[str] = missing(Reason.TIMEOUT, NOW, CWMP)
LATER_UNKNOWN: Reading[str] = missing(Reason.OFFLINE, NOW + MINUTE, CWMP)
UNDATED: Reading[str] = Reading("undated", None, None, Source())


@pytest.mark.parametrize(
    ("kept", "comes", "wins"),
    [
        (OLD, NEW, NEW),
        (NEW, OLD, NEW),
        (OLD, OLD, OLD),
        (OLD, LATER_UNKNOWN, OLD),
        (LATER_UNKNOWN, OLD, OLD),
        (UNKNOWN, LATER_UNKNOWN, LATER_UNKNOWN),
        (UNDATED, OLD, OLD),
        (OLD, UNDATED, OLD),
    ],
)
def test_which_of_two_readings_is_kept(kept: Reading[str], comes: Reading[str], wins: Reading[str]) -> None:
    merged = newest(Readings({BOX_FIRMWARE: kept}), Readings({BOX_FIRMWARE: comes}), NOW + MINUTE)
    assert merged[BOX_FIRMWARE] == wins


def test_a_value_read_live_is_a_stored_one_from_now_on() -> None:
    derived = known("d", NOW, CWMP, Quality.DERIVED)
    assert stored(Readings({BOX_FIRMWARE: OLD}))[BOX_FIRMWARE].quality is Quality.STORED
    assert stored(Readings({BOX_FIRMWARE: derived}))[BOX_FIRMWARE].quality is Quality.DERIVED
    assert stored(Readings({BOX_FIRMWARE: UNKNOWN}))[BOX_FIRMWARE].quality is Quality.MISSING


def test_what_is_dated_ahead_of_now_gives_way_to_what_is_read_now() -> None:
    """Of a service whose clock ran a day fast, and was then set right."""
    ahead = known("ahead", NOW + 24 * 60 * MINUTE, CWMP)
    merged = newest(Readings({BOX_FIRMWARE: ahead}), Readings({BOX_FIRMWARE: OLD}), NOW)
    assert merged[BOX_FIRMWARE] == OLD
    still = newest(Readings({BOX_FIRMWARE: ahead}), Readings({BOX_FIRMWARE: UNKNOWN}), NOW)
    assert still[BOX_FIRMWARE] == ahead
