"""No statement made for an operator leaves its rows unfiltered, and none may be written by the readers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from domain.session import AccountingStatus
from storage.database import Database
from storage.records import Records
from tests.storage.samples import (
    ALPHA,
    INFRA,
    NOW,
    OLT,
    access,
    accounting,
    inform,
    new_diagnosis,
    provision,
    snapshot,
    verdict,
)


@pytest.fixture
async def statements(records: Records) -> AsyncIterator[list[str]]:
    """Every SQL statement sent, in order."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(" ".join(statement.split()))

    database: Database = records.accesses._database
    engines = {database.writer.sync_engine, database.read_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield sent
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def test_what_is_done_for_an_operator_names_it_in_every_statement(
    records: Records, statements: list[str]
) -> None:
    await provision(records)
    issued = await records.tokens.issue(ALPHA, NOW)
    box = await records.boxes.find(inform().device)
    assert box is not None
    await records.boxes.informed(box, inform(), box.readings)
    await records.sessions.accounted([accounting(AccountingStatus.START, NOW)])
    statements.clear()

    number = (await records.diagnoses.create(ALPHA, new_diagnosis(), "key"))[0].number
    await records.diagnoses.create(ALPHA, new_diagnosis(), "key")
    await records.diagnoses.finish(ALPHA, number, snapshot(), verdict(), NOW, 1.0)
    await records.diagnoses.get(ALPHA, number)
    await records.diagnoses.recent(ALPHA, access().id1, NOW)
    await records.accesses.get(ALPHA, access().id1)
    await records.accesses.list(ALPHA)
    await records.tokens.revoke(ALPHA, issued.token_id, NOW)
    await records.boxes.of_access(access())
    await records.sessions.last(access())
    await records.olts.get(INFRA, OLT.name)
    await records.olts.list(INFRA)

    looked_at = [line for line in statements if re.match(r"(SELECT|UPDATE|DELETE)", line)]
    assert len(looked_at) == 13
    unfiltered = [line for line in looked_at if not re.search(r"\.operator_id = \?", line.split(" WHERE ", 1)[-1])]
    assert unfiltered == []
    inserted = [line for line in statements if line.startswith("INSERT")]
    assert all("operator_id" in line for line in inserted)


async def test_asking_for_a_diagnosis_and_ending_it_are_one_transaction_each(
    records: Records, statements: list[str]
) -> None:
    await provision(records)
    statements.clear()
    created, _ = await records.diagnoses.create(ALPHA, new_diagnosis(), "key")
    assert [line.split()[0] for line in statements] == ["BEGIN", "INSERT", "INSERT"]
    statements.clear()
    await records.diagnoses.finish(ALPHA, created.number, snapshot(), verdict(), NOW, 1.0)
    assert [line.split()[0] for line in statements] == ["BEGIN", "UPDATE"]


async def test_a_reading_connection_cannot_write(records: Records) -> None:
    async with records.accesses._database.read() as session:
        with pytest.raises(DBAPIError, match="readonly"):
            await session.execute(text("DELETE FROM operator"))


async def test_the_records_are_set_up_for_many_readers_and_one_writer(records: Records) -> None:
    async with records.accesses._database.write() as session:
        found = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 5000}
