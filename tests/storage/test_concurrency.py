"""Several processes on one file, and callers that give up."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from domain.clock import WallClock
from domain.errors import ConflictError
from domain.identifiers import Id1
from storage.boxes import Boxes
from storage.database import Database
from storage.network import NetworkRecords
from storage.records import Records
from tests.storage.samples import ALPHA, NOW, new_diagnosis, provision, secret_for, snapshot, verdict

ID1 = Id1("F00000015")


async def test_two_services_on_one_file_wait_for_each_other(records: Records, url: str) -> None:
    await provision(records)
    async with Records.opened(url, secret_for, WallClock()) as others:
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
    async with Records.opened(url, secret_for, WallClock()) as others:
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
    await keys_and_diagnoses_agree(records, [f"key {steps}" for steps in range(60)])


@pytest.mark.parametrize("moment", ["BEGIN", "INSERT INTO idempotency", "INSERT INTO diagnosis", "COMMIT"])
async def test_a_caller_that_gives_up_inside_the_transaction_leaves_it_whole(records: Records, moment: str) -> None:
    await provision(records)
    database = records.accesses._database
    engine = (*database.engines_at_once, database.writer.sync_engine)[1 if database.engines_at_once else 0]
    begun = "BEGIN" if engine.dialect.name == "sqlite" else "INSERT"  # PostgreSQL's driver begins unseen
    task = asyncio.create_task(records.diagnoses.create(ALPHA, new_diagnosis(), "key"))

    def give_up(_connection: object, *rest: object) -> None:
        statement = str(rest[1]) if rest else "COMMIT"
        if statement.startswith(begun if moment == "BEGIN" else moment):
            task.cancel()

    event.listen(engine, "before_cursor_execute", give_up)
    event.listen(engine, "commit", give_up)
    results = await asyncio.gather(task, return_exceptions=True)
    event.remove(engine, "before_cursor_execute", give_up)
    event.remove(engine, "commit", give_up)
    assert isinstance(results[0], asyncio.CancelledError)
    await keys_and_diagnoses_agree(records, ["key"])


async def keys_and_diagnoses_agree(records: Records, keys: list[str]) -> None:
    """A key and its diagnosis were kept together or not at all, and the records answer at once."""
    async with asyncio.timeout(5):
        again = [(await records.diagnoses.create(ALPHA, new_diagnosis(), key))[0].number for key in keys]
        kept = [record.number for record in await records.diagnoses.recent(ALPHA, ID1, NOW)]
    assert len(kept) == len(keys)
    assert set(again) == set(kept)


async def test_every_repository_lets_its_work_run_to_its_end(records: Records) -> None:
    """`uncut`, or a batch of `Together`, which has a task of its own; the others only call one of these."""
    batched = {"find", "informed", "observed", "parked", "accounted", "authenticated"}
    elsewhere = {"claim_in", "find_in", "tell_in"}  # inside the transaction of another method
    remembered = {"authenticate"}  # what is not known yet is looked up by a method that is uncut
    handed_on = {"announced", "events", "keep_parameters", "parameters"}  # `Boxes` hands them to its `BoxHistory`
    looked_at = 0
    for repository in (*vars(records).values(), records.boxes._history):
        if type(repository).__module__.startswith("storage.") and type(repository) not in (Database, NetworkRecords):
            methods = {
                name: method
                for name, method in inspect.getmembers(type(repository), inspect.iscoroutinefunction)
                if not name.startswith("_")
                and name not in batched | elsewhere | remembered
                and not (name in handed_on and isinstance(repository, Boxes))
            }
            looked_at += len(methods)
            free = [name for name, method in methods.items() if not hasattr(method, "__wrapped__")]
            assert [name for name in free if not reads_at_once(methods[name])] == []
    assert looked_at > 100


def reads_at_once(method: Callable[..., Any]) -> bool:
    """Whether all that it does with the records is `Database.rows`: nothing that could be left open."""
    used = set(re.findall(r"self\._database\.(\w+)", inspect.getsource(method)))
    return bool(used) and used <= {"row", "rows"}


async def test_closing_waits_for_the_work_of_callers_that_left(records: Records, url: str) -> None:
    await provision(records)
    async with Records.opened(url, secret_for, WallClock()) as others:
        task = asyncio.create_task(others.diagnoses.create(ALPHA, new_diagnosis()))
        await asyncio.sleep(0)  # lets it begin
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(await records.diagnoses.recent(ALPHA, ID1, NOW)) == 1
