"""Instants keep their moment and come back with their time zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import StatementError

from domain.clock import PARIS
from domain.identifiers import Id1
from storage.records import Records
from tests.storage.samples import ALPHA, new_diagnosis, provision

SUMMER_IN_PARIS = datetime(2019, 5, 9, 10, 29, 10, 123456, tzinfo=PARIS)


async def test_an_instant_of_paris_comes_back_as_the_same_moment_in_utc(records: Records) -> None:
    await provision(records)
    created, _ = await records.diagnoses.create(ALPHA, new_diagnosis(sent_at=SUMMER_IN_PARIS))
    found = await records.diagnoses.get(ALPHA, created.number)
    assert found.sent_at == SUMMER_IN_PARIS
    assert found.sent_at.tzinfo is UTC
    assert found.sent_at.microsecond == 123456


async def test_instants_of_any_time_zone_are_ordered_by_their_moment(records: Records) -> None:
    await provision(records)
    # 2019-10-27: at 03:00 Paris goes back to 02:00, so the later moment has the earlier wall time.
    before, after = datetime(2019, 10, 27, 0, 45, tzinfo=UTC), datetime(2019, 10, 27, 1, 15, tzinfo=UTC)
    for instant in (after, before):
        await records.diagnoses.create(ALPHA, new_diagnosis(sent_at=instant.astimezone(PARIS)))
    recent = await records.diagnoses.recent(ALPHA, Id1("F00000015"), before - timedelta(hours=48))
    assert [record.sent_at for record in recent] == [after, before]
    assert await records.diagnoses.recent(ALPHA, Id1("F00000015"), after + timedelta(seconds=1)) == []


async def test_an_instant_without_time_zone_is_refused(records: Records) -> None:
    await provision(records)
    naive = replace(new_diagnosis(), sent_at=SUMMER_IN_PARIS.replace(tzinfo=None))
    with pytest.raises(StatementError, match="an instant with its time zone"):
        await records.diagnoses.create(ALPHA, naive)
