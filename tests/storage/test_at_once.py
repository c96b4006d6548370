"""Short statements in the loop's own thread, on SQLite: they wait for nobody, and lose nothing to who writes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.clock import WallClock
from domain.identifiers import Id1
from storage.migration import migrate
from storage.operators import Operator
from storage.records import Records
from tests.storage.samples import ALPHA, INFRA, NOW, new_diagnosis, provision, secret_for

ID1 = Id1("F00000015")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of the records."""
    return tmp_path / "records.sqlite"


@pytest.fixture
async def records(file: Path) -> AsyncIterator[Records]:
    url = f"sqlite+aiosqlite:///{file}"
    await migrate(url)
    async with Records.opened(url, secret_for, WallClock()) as found:
        for who in (INFRA, ALPHA):
            await found.operators.put(Operator(who.operator_id, who.operator_id, who is INFRA))
        await provision(found)
        yield found


async def test_a_test_asked_for_while_another_process_writes_waits_for_it_and_is_kept(
    records: Records, file: Path
) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    asked = asyncio.create_task(records.diagnoses.create(ALPHA, new_diagnosis(), "key"))
    for _ in range(50):
        await asyncio.sleep(0)
        assert not asked.done()
        assert await records.diagnoses.recent(ALPHA, ID1, NOW) == [], "reading waits for nobody meanwhile"
    other.execute("COMMIT")
    other.close()
    record, replayed = await asked
    assert not replayed
    assert [one.number for one in await records.diagnoses.recent(ALPHA, ID1, NOW)] == [record.number]


async def test_what_was_written_is_read_at_once_whoever_wrote_it(records: Records, file: Path) -> None:
    record, _ = await records.diagnoses.create(ALPHA, new_diagnosis())
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("UPDATE diagnosis SET account = 'somebody.else' WHERE number = ?", (str(record.number),))
    other.close()
    assert (await records.diagnoses.get(ALPHA, record.number)).account == "somebody.else"


async def test_a_transaction_that_fails_leaves_nothing_and_the_next_one_begins(records: Records) -> None:
    database = records.accesses._database

    async def half() -> None:
        async with database.write_at_once() as session:
            await session.execute(text("UPDATE access SET offer_label = 'lost'"))
            raise LookupError

    with pytest.raises(LookupError):
        await half()
    assert (await records.accesses.get(ALPHA, ID1)).offer_label != "lost"
    await records.diagnoses.create(ALPHA, new_diagnosis())


async def test_what_reads_at_once_cannot_write(records: Records) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        await records.accesses._database.rows(text("DELETE FROM access"))
