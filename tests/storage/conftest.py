"""Records of two commercial operators and one infrastructure operator, on a real SQLite file.

And on a real PostgreSQL where there is one: each test has a copy of a database that was migrated once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from domain.clock import WallClock
from storage.migration import migrate
from storage.operators import Operator
from storage.records import Records
from tests import postgres
from tests.storage.samples import ALPHA, BETA, INFRA, secret_for

BACKENDS = ("sqlite",) if postgres.missing() else ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    with postgres.server() as found:
        yield found


@pytest.fixture(scope="session")
def migrated(postgresql: postgres.Server) -> str:
    """The name of a database at this version's schema, to copy."""
    name = postgresql.fresh()
    asyncio.run(migrate(postgresql.url(name)))
    return name


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        server: postgres.Server = request.getfixturevalue("postgresql")
        return server.url(server.fresh(request.getfixturevalue("migrated")))
    found = f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}"
    asyncio.run(migrate(found))
    return found


@pytest.fixture
async def records(url: str) -> AsyncIterator[Records]:
    async with Records.opened(url, secret_for, WallClock()) as found:
        await found.operators.put(Operator(INFRA.operator_id, "Infrastructure", is_infrastructure=True))
        await found.operators.put(Operator(ALPHA.operator_id, "Alpha"))
        await found.operators.put(Operator(BETA.operator_id, "Bêta"))
        yield found
