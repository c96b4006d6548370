"""No statement made for an operator leaves its rows unfiltered, and none may be written by the readers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from domain.certificate import (
    Certificate,
    Environment,
    EService,
    NoticeKind,
    NoticePolicy,
    Origin,
    RevocationReason,
)
from domain.errors import NotFoundError
from domain.session import AccountingStatus
from storage.certificates import Signed
from storage.database import Database
from storage.mails import NewMail
from storage.records import Records
from tests.storage.samples import (
    ALPHA,
    BETA,
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
    """Every SQL statement sent, in order. The driver of PostgreSQL begins transactions by itself, unseen."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(" ".join(statement.split()))

    database: Database = records.accesses._database
    pools = {
        engine.pool: engine for engine in (database.read_engine, database.writer.sync_engine, *database.engines_at_once)
    }
    engines = list(pools.values())  # an engine that shares another's connections hears what that one does
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
    unfiltered = [
        line for line in looked_at if not re.search(r"\.operator_id = (\?|%\()", line.split(" WHERE ", 1)[-1])
    ]
    assert unfiltered == []
    inserted = [line for line in statements if line.startswith("INSERT")]
    assert all("operator_id" in line for line in inserted)


async def test_what_is_done_with_certificates_names_the_operator_in_every_statement(
    records: Records, statements: list[str]
) -> None:
    await records.accounts.put(ALPHA, NOW)
    new = Certificate(
        ALPHA.operator_id, "a" * 32, "alpha_eSAV_prod", EService.E_SAV, Environment.PRODUCTION, Origin.GENERATED,
        frozenset(), NOW, ALPHA.account,
    )  # fmt: skip
    signed = Signed("PEM", "1f", "f" * 64, NOW, NOW + timedelta(days=30), b"P12")
    mail = NewMail("certificate.creation", new.certificate_id, "a@alpha.example", "x", "y")
    statements.clear()

    await records.certificates.add(ALPHA, new, signed, None, [mail])
    later = replace(new, certificate_id="b" * 32, renews=new.certificate_id)
    await records.certificates.add(ALPHA, later, None, "CSR", ())
    kept = await records.certificates.get(ALPHA, new.certificate_id)
    await records.certificates.list(ALPHA)
    await records.certificates.request_of(ALPHA, later.certificate_id)
    await records.certificates.download(ALPHA, new.certificate_id, NOW)
    await records.certificates.successor(kept)
    await records.certificates.told(kept)
    await records.certificates.tell(kept, NoticeKind.ALERT, [mail], NOW)
    await records.certificates.revoke(ALPHA, new.certificate_id, RevocationReason.SUPERSEDED, NOW)
    await records.certificate_desk.delegate(ALPHA, ALPHA.account, NOW)
    assert await records.certificate_desk.is_delegate(ALPHA)
    await records.certificate_desk.delegates(ALPHA)
    await records.certificate_desk.recipients(ALPHA.operator_id)
    await records.certificate_desk.set_policy(ALPHA, NoticePolicy(), NOW)
    await records.certificate_desk.policy(ALPHA.operator_id)
    await records.certificate_desk.dismiss(ALPHA, ALPHA.account, NOW)
    assert len(await records.mails.list(ALPHA, new.certificate_id)) == 2
    await records.mails.replay(ALPHA, new.certificate_id, NOW)

    chain = re.compile(r"FROM audit ORDER BY")  # the trail is one for all
    looked_at = [line for line in statements if re.match(r"(SELECT|UPDATE|DELETE)", line) and not chain.search(line)]
    assert len(looked_at) == 20
    named = re.compile(r"\.operator_id = (\?|%\()")
    assert [line for line in looked_at if not named.search(line.split(" WHERE ", 1)[-1])] == []
    for read in (records.certificates.get, records.certificates.request_of):
        with pytest.raises(NotFoundError):
            await read(BETA, new.certificate_id)
    with pytest.raises(NotFoundError):
        await records.certificates.download(BETA, new.certificate_id, NOW)
    with pytest.raises(NotFoundError):
        await records.certificates.revoke(BETA, later.certificate_id, RevocationReason.SUPERSEDED, NOW)
    assert (await records.certificates.list(BETA), await records.mails.list(BETA)) == ([], [])


async def test_asking_for_a_diagnosis_and_ending_it_are_one_transaction_each(
    records: Records, statements: list[str]
) -> None:
    begun = ["BEGIN"] if records.accesses._database.url.get_backend_name() == "sqlite" else []
    await provision(records)
    statements.clear()
    created, _ = await records.diagnoses.create(ALPHA, new_diagnosis(), "key")
    assert [line.split()[0] for line in statements] == [*begun, "INSERT", "INSERT"]
    statements.clear()
    await records.diagnoses.finish(ALPHA, created.number, snapshot(), verdict(), NOW, 1.0)
    assert [line.split()[0] for line in statements] == [*begun, "UPDATE"]


async def test_a_reading_connection_cannot_write(records: Records) -> None:
    async with records.accesses._database.read() as session:
        with pytest.raises(DBAPIError, match=r"read-?only"):
            await session.execute(text("DELETE FROM operator"))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_the_records_are_set_up_for_many_readers_and_one_writer(records: Records) -> None:
    async with records.accesses._database.write() as session:
        found = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 5000}
