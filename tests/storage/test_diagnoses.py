"""The life of a diagnosis in the records."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import chain, repeat

import pytest

from domain.access import TestName
from domain.errors import ConflictError, NotFoundError
from domain.identifiers import DiagnosisNumber, Id1
from domain.verdict import Family, ResultCode
from storage.diagnoses import Diagnoses, DiagnosisState
from storage.numbering import diagnosis_number
from storage.records import Records
from tests.storage.samples import ALPHA, BETA, MINUTE, NOW, access, new_diagnosis, provision, snapshot, verdict

ID1 = Id1("F00000015")
HISTORY = timedelta(hours=48)


def test_a_number_says_when_it_was_sent_in_paris() -> None:
    assert str(diagnosis_number(NOW, 2879560)) == "190509-1029-2879560"
    assert str(diagnosis_number(NOW, 7)) == "190509-1029-0000007"


async def test_a_diagnosis_runs_then_ends_with_all_that_it_was_drawn_from(records: Records) -> None:
    await provision(records)
    created, replayed = await records.diagnoses.create(ALPHA, new_diagnosis())
    assert not replayed
    assert created.state is DiagnosisState.RUNNING
    assert not created.state.final
    assert await records.diagnoses.get(ALPHA, created.number) == created

    await records.diagnoses.finish(ALPHA, created.number, snapshot(), verdict(), NOW + MINUTE, 123.4)

    ended = await records.diagnoses.get(ALPHA, created.number)
    assert ended.state is DiagnosisState.DONE
    assert ended.state.final
    assert (ended.sent_at, ended.updated_at, ended.duration_ms) == (NOW, NOW + MINUTE, 123.4)
    assert (ended.result, ended.family, ended.ruleset) == (ResultCode.OK, Family.OK, "2026.1")
    assert (ended.service_type, ended.account, ended.code_version) == ("FTTHMB1P", "agent@alpha", "0.1.0+abc")
    assert ended.snapshot == snapshot()
    assert ended.diagnosis == verdict()


async def test_a_diagnosis_that_fails_says_why(records: Records) -> None:
    await provision(records)
    created, _ = await records.diagnoses.create(ALPHA, new_diagnosis())
    await records.diagnoses.fail(ALPHA, created.number, NOW + MINUTE, "KeyError")
    found = await records.diagnoses.get(ALPHA, created.number)
    assert (found.state, found.failure, found.updated_at) == (DiagnosisState.FAILED, "KeyError", NOW + MINUTE)
    assert found.result is None


async def test_a_diagnosis_ends_once(records: Records) -> None:
    await provision(records)
    created, _ = await records.diagnoses.create(ALPHA, new_diagnosis())
    await records.diagnoses.finish(ALPHA, created.number, snapshot(), verdict(), NOW + MINUTE, 1.0)
    with pytest.raises(ConflictError):
        await records.diagnoses.fail(ALPHA, created.number, NOW + 2 * MINUTE, "late")
    assert (await records.diagnoses.get(ALPHA, created.number)).state is DiagnosisState.DONE


async def test_the_list_of_an_access_is_newest_first_and_stops_at_48_hours(records: Records) -> None:
    await provision(records, access(15), access(16))
    for age in (timedelta(hours=49), timedelta(hours=1), timedelta(0), timedelta(hours=48)):
        await records.diagnoses.create(ALPHA, new_diagnosis(sent_at=NOW - age))
    await records.diagnoses.create(ALPHA, new_diagnosis(16))
    recent = await records.diagnoses.recent(ALPHA, ID1, NOW - HISTORY)
    assert [NOW - record.sent_at for record in recent] == [timedelta(0), timedelta(hours=1), HISTORY]


async def test_the_list_shows_results_without_their_detail(records: Records) -> None:
    await provision(records)
    created, _ = await records.diagnoses.create(ALPHA, new_diagnosis(test=TestName.DELC))
    await records.diagnoses.finish(ALPHA, created.number, snapshot(), verdict(), NOW, 1.0)
    (line,) = await records.diagnoses.recent(ALPHA, ID1, NOW - HISTORY)
    assert (line.number, line.test, line.result) == (created.number, TestName.DELC, ResultCode.OK)
    assert line.snapshot is None
    assert line.diagnosis is None


async def test_a_diagnosis_older_than_its_history_is_no_longer_found(records: Records) -> None:
    await provision(records)
    created, _ = await records.diagnoses.create(ALPHA, new_diagnosis())
    assert await records.diagnoses.get(ALPHA, created.number, since=NOW) == created
    with pytest.raises(NotFoundError):
        await records.diagnoses.get(ALPHA, created.number, since=NOW + MINUTE)


async def test_a_diagnosis_of_another_operator_does_not_exist(records: Records) -> None:
    await provision(records)
    created, _ = await records.diagnoses.create(ALPHA, new_diagnosis())
    number = created.number
    with pytest.raises(NotFoundError):
        await records.diagnoses.get(BETA, number)
    with pytest.raises(NotFoundError):
        await records.diagnoses.finish(BETA, number, snapshot(), verdict(), NOW, 1.0)
    with pytest.raises(NotFoundError):
        await records.diagnoses.fail(BETA, number, NOW, "no")
    assert await records.diagnoses.recent(BETA, ID1, NOW - HISTORY) == []
    assert (await records.diagnoses.get(ALPHA, number)).state is DiagnosisState.RUNNING


@pytest.mark.parametrize("number", [15, 9999])
async def test_an_access_of_another_operator_or_of_none_cannot_be_diagnosed(records: Records, number: int) -> None:
    await provision(records)
    with pytest.raises(NotFoundError, match="no access"):
        await records.diagnoses.create(BETA, new_diagnosis(number), "key")
    created, _ = await records.diagnoses.create(ALPHA, new_diagnosis(), "key")
    assert created.state is DiagnosisState.RUNNING


async def test_what_a_stop_left_running_is_ended_at_the_next_start(records: Records) -> None:
    await provision(records, access(15), access(16, "beta"))
    running, _ = await records.diagnoses.create(ALPHA, new_diagnosis())
    theirs, _ = await records.diagnoses.create(BETA, new_diagnosis(16))
    ended, _ = await records.diagnoses.create(ALPHA, new_diagnosis())
    await records.diagnoses.finish(ALPHA, ended.number, snapshot(), verdict(), NOW, 1.0)
    assert await records.diagnoses.fail_unfinished(NOW + MINUTE, "service restarted") == 2
    assert await records.diagnoses.fail_unfinished(NOW + MINUTE, "service restarted") == 0
    assert (await records.diagnoses.get(ALPHA, running.number)).failure == "service restarted"
    assert (await records.diagnoses.get(BETA, theirs.number)).state is DiagnosisState.FAILED
    assert (await records.diagnoses.get(ALPHA, ended.number)).state is DiagnosisState.DONE


async def test_fifty_tests_at_once_get_fifty_numbers(records: Records) -> None:
    await provision(records)
    created = await asyncio.gather(*(records.diagnoses.create(ALPHA, new_diagnosis()) for _ in range(50)))
    assert len({record.number for record, _ in created}) == 50
    assert len(await records.diagnoses.recent(ALPHA, ID1, NOW - HISTORY)) == 50


async def test_a_number_in_use_is_drawn_again(records: Records) -> None:
    await provision(records)
    drawn = chain(repeat(7, 3), [8, 8], repeat(9))
    diagnoses = Diagnoses(records.diagnoses._database, records.idempotency, lambda: next(drawn))
    numbers = [(await diagnoses.create(ALPHA, new_diagnosis(), f"key {n}"))[0].number for n in range(3)]
    assert [str(number)[-7:] for number in numbers] == ["0000007", "0000008", "0000009"]
    with pytest.raises(ConflictError, match="no free number"):
        await diagnoses.create(ALPHA, new_diagnosis(), "key 4")
    next_minute, _ = await diagnoses.create(ALPHA, new_diagnosis(sent_at=NOW + MINUTE), "key 4")
    assert next_minute.number == DiagnosisNumber("190509-1030-0000009")
