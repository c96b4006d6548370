"""A clock that ran ahead and was set right: what was kept meanwhile does not hide what comes, until that day comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.clock import FixedClock
from domain.metrics.box import BOX_FIRMWARE, BOX_LAST_INFORM
from storage.records import Records
from tests.storage.samples import MINUTE, NOW, OLT, access, box_readings, inform, provision, secret_for, walk

DAY = timedelta(days=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW + DAY)


@pytest.fixture
async def ours(records: Records, url: str, clock: FixedClock) -> AsyncIterator[Records]:
    await provision(records)
    async with Records.opened(url, secret_for, clock) as found:
        yield found


async def test_the_next_inform_and_the_next_values_count(ours: Records, clock: FixedClock) -> None:
    box = await ours.boxes.find(inform().device)
    assert box is not None
    await ours.boxes.informed(box, inform(NOW + DAY), box_readings(NOW + DAY, "of tomorrow"))
    await ours.boxes.observed(box, box_readings(NOW + DAY, "of tomorrow"))
    clock.instant = NOW
    await ours.boxes.informed(box, inform(NOW), box_readings(NOW, "of today"))
    found = await ours.boxes.of_access(access())
    assert found is not None
    assert (found.readings.value(BOX_LAST_INFORM), found.readings.value(BOX_FIRMWARE)) == (NOW, "of today")
    await ours.boxes.observed(box, box_readings(NOW + MINUTE, "read"))
    clock.instant = NOW + DAY
    found = await ours.boxes.of_access(access())
    assert found is not None
    assert found.readings.value(BOX_FIRMWARE) == "read"


async def test_an_inform_that_comes_late_still_hides_no_newer_one(ours: Records, clock: FixedClock) -> None:
    box = await ours.boxes.find(inform().device)
    assert box is not None
    clock.instant = NOW
    await ours.boxes.informed(box, inform(NOW), box_readings(NOW, "newer"))
    await ours.boxes.informed(box, inform(NOW - DAY), box_readings(NOW - DAY, "late"))
    found = await ours.boxes.of_access(access())
    assert found is not None
    assert found.readings.value(BOX_FIRMWARE) == "newer"


async def test_the_next_walk_of_an_olt_is_kept(ours: Records, clock: FixedClock) -> None:
    await ours.walks.keep(OLT, replace(walk(), at=NOW + DAY))
    clock.instant = NOW
    await ours.walks.keep(OLT, replace(walk(), at=NOW))
    await ours.walks.keep(OLT, replace(walk(), at=NOW - DAY))
    kept = await ours.walks.last(OLT)
    assert kept is not None
    assert kept.at == NOW
