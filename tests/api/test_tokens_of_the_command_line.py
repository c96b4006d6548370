"""``python -m api token``: an operator and an account that are new are made, those that are known stay as they are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.records import opened
from api.security.accounts import issue
from api.settings import Settings
from domain.clock import WallClock
from domain.principal import Principal, Right
from storage.operators import Operator, Operators

WHO = Principal("397480930", "support", frozenset({Right.TEST}))
DAY = timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.ephemeral(tmp_path)


async def kept(settings: Settings) -> list[Operator]:
    async with opened(settings, WallClock()) as records:
        return await records.operators.list()


async def test_an_operator_that_is_new_is_made_with_its_first_token(settings: Settings) -> None:
    token = await issue(settings, WHO, infrastructure=False, lifetime=DAY)
    assert await kept(settings) == [Operator(WHO.operator_id, WHO.operator_id)]
    async with opened(settings, WallClock()) as records:
        assert (await records.tokens.authenticate(token, WallClock().now())).account == WHO.account


async def test_an_operator_keeps_its_name_and_becomes_that_of_the_network_when_it_is_said(settings: Settings) -> None:
    async with opened(settings, WallClock()) as records:
        await records.operators.put(Operator(WHO.operator_id, "Just Fibre"))
    for infrastructure, owns in ((False, False), (True, True), (False, True)):
        await issue(settings, WHO, infrastructure=infrastructure, lifetime=DAY)
        assert await kept(settings) == [Operator(WHO.operator_id, "Just Fibre", owns)]


async def test_a_token_reads_the_operator_that_it_is_for_and_no_other(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await issue(settings, WHO, infrastructure=False, lifetime=DAY)

    async def listed(*_: Any) -> list[Operator]:
        raise AssertionError("every operator was read")

    monkeypatch.setattr(Operators, "list", listed)
    await issue(settings, WHO, infrastructure=True, lifetime=DAY)
