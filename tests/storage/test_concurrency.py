"""Several processes on one file, and callers that give up."""

from __future__ import annotations

import asyncio

from domain.errors import ConflictError
from domain.identifiers import Id1
from storage.records import Records
from tests.storage.samples import ALPHA, NOW, new_diagnosis, provision, secret_for, snapshot, verdict

ID1 = Id1("F00000015")


async def test_two_services_on_one_file_wait_for_each_other(records: Records, url: str) -> None:
    await provision(records)
    async with Records.opened(url, secret_for) as others:
        both = (records, others)
        created = await asyncio.gather(*(both[n % 2].diagnoses.create(ALPHA, new_diagnosis()) for n in range(50)))
        assert len({record.number for record, _ in created}) == 50
        ends = (
            both[n % 2].diagnoses.finish(ALPHA, record.number, snapshot(), verdict(), NOW, 1.0)
            for n, (record, _) in enumerate(created)
        )
        await asyncio.gather(*ends)
        assert all(record.state.final for record in await others.diagnoses.recent(ALPHA, ID1, NOW))


async def test_two_services_that_get_the_same_key_make_one_diagnosis(records: Records, url: str) -> None:
    await provision(records)
    async with Records.opened(url, secret_for) as others:
        both = (records, others)
        asked = (both[n % 2].diagnoses.create(ALPHA, new_diagnosis(), "key") for n in range(20))
        assert len({record.number for record, _ in await asyncio.gather(*asked)}) == 1


async def test_of_two_ends_of_one_diagnosis_one_is_kept(records: Records) -> None:
    await provision(records)
    created, _ = await records.diagnoses.create(ALPHA, new_diagnosis())
    ends = await asyncio.gather(
        records.diagnoses.finish(ALPHA, created.number, snapshot(), verdict(), NOW, 1.0),
        records.diagnoses.fail(ALPHA, created.number, NOW, "TimeoutError"),
        return_exceptions=True,
    )
    assert sorted(type(end).__name__ for end in ends) == [ConflictError.__name__, "NoneType"]


async def test_callers_that_give_up_at_any_moment_leave_the_records_usable(records: Records) -> None:
    await provision(records)
    for steps in range(60):
        task = asyncio.create_task(records.diagnoses.create(ALPHA, new_diagnosis(), f"key {steps}"))
        reading = asyncio.create_task(records.diagnoses.recent(ALPHA, ID1, NOW))
        for _ in range(steps):
            await asyncio.sleep(0)  # one turn of the loop
        task.cancel()
        reading.cancel()
        await asyncio.gather(task, reading, return_exceptions=True)
    async with asyncio.timeout(5):
        kept = await records.diagnoses.recent(ALPHA, ID1, NOW)
        again = [await records.diagnoses.create(ALPHA, new_diagnosis(), f"key {steps}") for steps in range(60)]
    # A key and its diagnosis were kept together or not at all.
    assert {record.number for record, replayed in again if replayed} == {record.number for record in kept}
