"""Tokens let in whom they stand for, while they may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from domain.principal import Right
from storage.records import Records
from storage.tables import TokenRow
from tests.storage.samples import ALPHA, BETA, MINUTE, NOW


async def test_a_token_stands_for_its_account_and_rights(records: Records) -> None:
    issued = await records.tokens.issue(ALPHA, NOW)
    assert await records.tokens.authenticate(issued.token.reveal(), NOW) == ALPHA


async def test_only_the_digest_of_a_token_is_kept(records: Records) -> None:
    issued = await records.tokens.issue(ALPHA, NOW)
    async with records.tokens._database.read() as session:
        row = (await session.scalars(select(TokenRow))).one()
    assert issued.token.reveal() not in {str(value) for value in vars(row).values()}
    assert row.digest in {str(value) for value in vars(row).values()}
    assert issued.token.reveal() not in repr(issued)


@pytest.mark.parametrize("token", ["", "jf_unknown", "é", "x" * 10_000])
async def test_an_unknown_token_lets_nobody_in(records: Records, token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await records.tokens.authenticate(token, NOW)


async def test_a_token_ends_when_its_life_does(records: Records) -> None:
    issued = await records.tokens.issue(ALPHA, NOW, timedelta(hours=1))
    assert issued.expires_at == NOW + timedelta(hours=1)
    assert await records.tokens.authenticate(issued.token.reveal(), NOW + 59 * MINUTE) == ALPHA
    with pytest.raises(UnauthenticatedError):
        await records.tokens.authenticate(issued.token.reveal(), NOW + 60 * MINUTE)


async def test_a_revoked_token_lets_nobody_in(records: Records) -> None:
    issued = await records.tokens.issue(ALPHA, NOW)
    with pytest.raises(NotFoundError):
        await records.tokens.revoke(BETA, issued.token_id, NOW)
    assert await records.tokens.authenticate(issued.token.reveal(), NOW) == ALPHA
    await records.tokens.revoke(ALPHA, issued.token_id, NOW)
    with pytest.raises(UnauthenticatedError):
        await records.tokens.authenticate(issued.token.reveal(), NOW)


async def test_taking_a_right_from_an_account_takes_it_from_its_tokens_at_once(records: Records) -> None:
    issued = await records.tokens.issue(ALPHA, NOW)
    fewer = replace(ALPHA, rights=frozenset({Right.TEST}))
    await records.accounts.put(fewer, NOW)
    assert await records.tokens.authenticate(issued.token.reveal(), NOW) == fewer
    with pytest.raises(ForbiddenError, match=Right.INVENTORY.value):
        await records.tokens.issue(ALPHA, NOW)


async def test_giving_a_right_to_an_account_does_not_widen_the_tokens_it_has(records: Records) -> None:
    narrow = replace(ALPHA, rights=frozenset({Right.TEST}))
    issued = await records.tokens.issue(narrow, NOW)
    await records.accounts.put(replace(ALPHA, rights=frozenset(Right)), NOW)
    assert await records.tokens.authenticate(issued.token.reveal(), NOW) == narrow


async def test_a_disabled_account_lets_none_of_its_tokens_in(records: Records) -> None:
    issued = await records.tokens.issue(ALPHA, NOW)
    await records.accounts.put(ALPHA, NOW, disabled=True)
    with pytest.raises(UnauthenticatedError):
        await records.tokens.authenticate(issued.token.reveal(), NOW)
    await records.accounts.put(ALPHA, NOW)
    assert await records.tokens.authenticate(issued.token.reveal(), NOW) == ALPHA


async def test_the_same_login_at_two_operators_is_two_accounts(records: Records) -> None:
    mine = await records.tokens.issue(replace(ALPHA, account="agent"), NOW)
    theirs = await records.tokens.issue(replace(BETA, account="agent"), NOW)
    await records.accounts.put(replace(ALPHA, account="agent"), NOW, disabled=True)
    with pytest.raises(UnauthenticatedError):
        await records.tokens.authenticate(mine.token.reveal(), NOW)
    assert (await records.tokens.authenticate(theirs.token.reveal(), NOW)).operator_id == "beta"
