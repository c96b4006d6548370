"""The application with its interfaces, a sandbox operator and a client for each account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from domain.principal import Principal, Right
from storage.operators import Operator
from tests.web import golden
from tests.web.world import World, opened

SANDBOX = Principal("999000999", "kit", frozenset(Right))
AGENT = Principal(
    golden.OPERATOR,
    "si",
    frozenset({Right.TEST, Right.SIGNALISATION, Right.ADMINISTRATOR, Right.FORCING, Right.TELEACTION}),
)
INTRUDER = Principal("888000888", "curieux", frozenset(Right))


@asynccontextmanager
async def site(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The application on records of its own, with the accounts above."""
    async with opened(folder, patch) as world:
        world.service.settings.tmf_sandbox_operator = SANDBOX.operator_id
        for who in (SANDBOX, INTRUDER):
            await world.service.records.operators.put(Operator(who.operator_id, who.account))
        for who in (SANDBOX, AGENT, INTRUDER):
            issued = await world.service.records.tokens.issue(who, golden.NOW, timedelta(days=7))
            world.tokens[f"{who.operator_id}/{who.account}"] = issued.token.reveal()
        yield world


def client(world: World, who: Principal, base: str) -> httpx.AsyncClient:
    """A client of one interface."""
    headers = {
        "Authorization": f"Bearer {world.tokens[f'{who.operator_id}/{who.account}']}",
        "Content-Type": "application/json;charset=utf-8",
    }
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://sav.test/tmf-api/{base}", headers=headers)
