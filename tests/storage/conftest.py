"""Records on a real SQLite file, with two commercial operators and one infrastructure operator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.migration import migrate
from storage.operators import Operator
from storage.records import Records
from tests.storage.samples import ALPHA, BETA, INFRA, secret_for


@pytest.fixture
async def url(tmp_path: Path) -> str:
    found = f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}"
    await migrate(found)
    return found


@pytest.fixture
async def records(url: str) -> AsyncIterator[Records]:
    async with Records.opened(url, secret_for) as found:
        await found.operators.put(Operator(INFRA.operator_id, "Infrastructure", is_infrastructure=True))
        await found.operators.put(Operator(ALPHA.operator_id, "Alpha"))
        await found.operators.put(Operator(BETA.operator_id, "Bêta"))
        yield found
