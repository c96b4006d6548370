"""A token that was looked up is known; what changes it takes effect at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from domain.errors import UnauthenticatedError
from domain.principal import Right
from storage.records import Records
from storage.tables import TokenRow
from tests.storage.samples import ALPHA, NOW, provision


@pytest.fixture
async def looked_up(records: Records) -> AsyncIterator[list[str]]:
    """The statements that read tokens."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if f"FROM {TokenRow.__tablename__}" in statement:
            sent.append(statement)

    engine = records.tokens._database.read_engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


async def test_a_token_is_looked_up_once(records: Records, looked_up: list[str]) -> None:
    await provision(records)
    token = (await records.tokens.issue(ALPHA, NOW)).token.reveal()
    for _ in range(5):
        assert (await records.tokens.authenticate(token, NOW)).account == ALPHA.account
    assert len(looked_up) == (1 if records.tokens._database.credentials.counted else 5)


async def test_a_revoked_token_lets_nobody_in_from_then_on(records: Records) -> None:
    await provision(records)
    issued = await records.tokens.issue(ALPHA, NOW)
    assert (await records.tokens.authenticate(issued.token.reveal(), NOW)).operator_id == ALPHA.operator_id
    await records.tokens.revoke(ALPHA, issued.token_id, NOW)
    with pytest.raises(UnauthenticatedError):
        await records.tokens.authenticate(issued.token.reveal(), NOW)


async def test_a_token_known_already_still_expires(records: Records) -> None:
    await provision(records)
    token = (await records.tokens.issue(ALPHA, NOW, timedelta(seconds=5))).token.reveal()
    await records.tokens.authenticate(token, NOW)
    with pytest.raises(UnauthenticatedError):
        await records.tokens.authenticate(token, NOW + timedelta(seconds=5))


async def test_a_token_is_looked_up_again_after_some_seconds_and_when_the_clock_goes_back(
    records: Records, looked_up: list[str]
) -> None:
    await provision(records)
    token = (await records.tokens.issue(ALPHA, NOW)).token.reveal()
    for at in (NOW, NOW + timedelta(seconds=10), NOW - timedelta(seconds=1)):
        await records.tokens.authenticate(token, at)
    assert len(looked_up) == 3


async def test_a_token_asked_for_while_it_is_revoked_is_not_believed_afterwards(records: Records) -> None:
    await provision(records)
    for _ in range(20):
        issued = await records.tokens.issue(ALPHA, NOW)
        token = issued.token.reveal()
        asked = [records.tokens.authenticate(token, NOW) for _ in range(5)]
        await asyncio.gather(*asked, records.tokens.revoke(ALPHA, issued.token_id, NOW), return_exceptions=True)
        with pytest.raises(UnauthenticatedError):
            await records.tokens.authenticate(token, NOW)


async def test_rights_taken_from_an_account_leave_its_tokens_at_once(records: Records) -> None:
    await provision(records)
    token = (await records.tokens.issue(ALPHA, NOW)).token.reveal()
    assert Right.TEST in (await records.tokens.authenticate(token, NOW)).rights
    await records.accounts.put(replace(ALPHA, rights=frozenset({Right.NOC})), NOW)
    assert Right.TEST not in (await records.tokens.authenticate(token, NOW)).rights
