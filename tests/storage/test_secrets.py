"""No secret leaves the records by a log line, an error or a representation."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from domain.session import AccountingStatus
from domain.states import AuthResult
from storage.records import Records
from storage.tables import AccessRow, AuthEventRow, Base, DiagnosisRow, OltRow, SessionRow
from tests.storage.samples import (
    ALPHA,
    DEVICE,
    NOW,
    OLT,
    SECRETS,
    USERNAME,
    access,
    accounting,
    authentication,
    inform,
    new_diagnosis,
    provision,
    put_access,
    snapshot,
    verdict,
)


async def fill(records: Records) -> None:
    """Write and read every kind of secret."""
    await provision(records)
    box = await records.boxes.find(DEVICE)
    assert box is not None
    await records.boxes.informed(box, inform(), box.readings)
    await records.sessions.accounted([accounting(AccountingStatus.START, NOW)])
    await records.sessions.authenticated([authentication(AuthResult.REJECT, NOW)])
    created, _ = await records.diagnoses.create(ALPHA, new_diagnosis())
    await records.diagnoses.finish(ALPHA, created.number, snapshot(), verdict(), NOW, 1.0)
    await records.sessions.last(access())


def secrets_in(shown: str) -> list[str]:
    return [secret for secret in SECRETS if secret in shown]


async def test_the_most_talkative_log_tells_no_secret(records: Records, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await fill(records)
        issued = await records.tokens.issue(ALPHA, NOW)
        await records.tokens.authenticate(issued.token.reveal(), NOW)
    assert secrets_in(caplog.text) == []
    assert issued.token.reveal() not in caplog.text


async def test_what_the_records_give_back_shows_no_secret(records: Records) -> None:
    await fill(records)
    (record,) = await records.diagnoses.recent(ALPHA, access().id1, NOW)
    shown = [
        await records.accesses.get(ALPHA, access().id1),
        await records.network.olt(OLT.name),
        await records.boxes.find(DEVICE),
        await records.sessions.last(access()),
        record,
        await records.diagnoses.get(ALPHA, record.number),
        records,
    ]
    assert secrets_in(repr(shown)) == []


@pytest.mark.parametrize("model", [AccessRow, OltRow, DiagnosisRow, SessionRow, AuthEventRow])
async def test_a_row_does_not_show_its_values(records: Records, model: type[Base]) -> None:
    await fill(records)
    async with records.accesses._database.read() as session:
        row = (await session.scalars(select(model))).first()
    assert repr(row) == f"<{model.__name__}>"


async def test_an_error_of_the_database_tells_no_value(records: Records) -> None:
    await provision(records)
    async with records.accesses._database.read() as session:
        with pytest.raises(SQLAlchemyError) as raised:
            await session.execute(text("SELECT :secret FROM absent"), {"secret": USERNAME})
    assert secrets_in(str(raised.value) + repr(raised.value)) == []


async def test_the_password_of_a_box_is_kept_nowhere(records: Records) -> None:
    await fill(records)
    database = records.accesses._database
    async with database.read() as session:
        rows = [dict(row) for row in (await session.execute(text("SELECT * FROM box"))).mappings()]
    assert "s3cret-box" not in repr(rows)


async def test_a_database_address_with_a_password_does_not_show_it() -> None:
    from storage.engines import parse_url

    url = parse_url("postgresql+psycopg://user:s3cret@db.example/records")
    assert "s3cret" not in repr(url)
    assert "s3cret" not in url.render_as_string(hide_password=True)


async def test_an_identifier_already_in_use_is_not_named(records: Records) -> None:
    await provision(records)
    with pytest.raises(Exception, match="F00000016") as raised:
        await put_access(records, ALPHA, replace(access(16), ppp_username=USERNAME))
    assert secrets_in(str(raised.value)) == []
