"""The same key with the same request gives the same diagnosis."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain.access import TestName
from domain.errors import ConflictError
from domain.identifiers import Id1
from storage.diagnoses import NewDiagnosis
from storage.idempotency import KEPT
from storage.records import Records
from tests.storage.samples import ALPHA, BETA, NOW, access, new_diagnosis, provision, snapshot, verdict


async def test_the_same_request_with_the_same_key_gives_the_same_diagnosis(records: Records) -> None:
    await provision(records)
    first, replayed_first = await records.diagnoses.create(ALPHA, new_diagnosis(), "key")
    await records.diagnoses.finish(ALPHA, first.number, snapshot(), verdict(), NOW, 1.0)
    second, replayed_second = await records.diagnoses.create(ALPHA, new_diagnosis(sent_at=NOW + KEPT), "key")
    assert (replayed_first, replayed_second) == (False, True)
    assert second == await records.diagnoses.get(ALPHA, first.number)


@pytest.mark.parametrize("other", [new_diagnosis(16), new_diagnosis(test=TestName.BOX)])
async def test_another_request_with_the_same_key_is_a_conflict(records: Records, other: NewDiagnosis) -> None:
    await provision(records, access(15), access(16))
    await records.diagnoses.create(ALPHA, new_diagnosis(), "key")
    with pytest.raises(ConflictError, match="another request"):
        await records.diagnoses.create(ALPHA, other, "key")


async def test_a_key_is_free_again_after_48_hours(records: Records) -> None:
    await provision(records)
    first, _ = await records.diagnoses.create(ALPHA, new_diagnosis(), "key")
    later = NOW + KEPT + timedelta(seconds=1)
    second, replayed = await records.diagnoses.create(ALPHA, new_diagnosis(sent_at=later), "key")
    assert not replayed
    assert second.number != first.number


async def test_two_operators_may_use_the_same_key(records: Records) -> None:
    await provision(records, access(15), access(16, "beta"))
    first, _ = await records.diagnoses.create(ALPHA, new_diagnosis(15), "key")
    second, replayed = await records.diagnoses.create(BETA, new_diagnosis(16), "key")
    assert not replayed
    assert first.number != second.number


async def test_twenty_identical_requests_at_once_make_one_diagnosis(records: Records) -> None:
    await provision(records)
    results = await asyncio.gather(*(records.diagnoses.create(ALPHA, new_diagnosis(), "key") for _ in range(20)))
    assert len({record.number for record, _ in results}) == 1
    assert sum(not replayed for _, replayed in results) == 1
    assert len(await records.diagnoses.recent(ALPHA, Id1("F00000015"), NOW)) == 1


async def test_of_claims_at_once_one_wins_and_the_others_learn_its_reference(records: Records) -> None:
    claims = (records.idempotency.claim(ALPHA, "key", "print", f"reference {n}", NOW) for n in range(20))
    earlier = await asyncio.gather(*claims)
    assert earlier.count(None) == 1
    assert {reference for reference in earlier if reference} == {f"reference {earlier.index(None)}"}


async def test_old_keys_are_forgotten(records: Records) -> None:
    await records.idempotency.claim(ALPHA, "old", "print", "a", NOW)
    await records.idempotency.claim(ALPHA, "new", "print", "b", NOW + KEPT)
    assert await records.idempotency.forget(NOW + KEPT + timedelta(seconds=1)) == 1
    assert await records.idempotency.claim(ALPHA, "new", "print", "c", NOW + KEPT) == "b"
