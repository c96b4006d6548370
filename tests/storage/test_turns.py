"""Two ways of writing to one SQLite file take turns, however long one of them takes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import engines
from storage.database import Database
from storage.migration import migrate


async def test_a_write_waits_for_a_long_one_of_the_other_kind_longer_than_the_file_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A storm of boxes had Informs and values wait for each other through the file: a thousand were refused."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}"
    await migrate(url)
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 50)
    async with Database.opened(url) as database:
        insert = text("INSERT INTO operator (operator_id, name, is_infrastructure) VALUES (:id, :id, 0)")
        now = asyncio.get_running_loop().time
        async with database.write() as session:
            await session.execute(insert, {"id": "one"})
            other = asyncio.create_task(
                database.in_one_visit(lambda connection: connection.execute(insert, {"id": "two"}), writing=True)
            )
            end = now() + 0.3
            while now() < end:  # noqa: ASYNC110 - longer than the file waits
                await asyncio.sleep(0)
            assert not other.done()
        await other
        async with database.read() as session:
            found = (
                (await session.execute(text("SELECT operator_id FROM operator ORDER BY operator_id"))).scalars().all()
            )
    assert [one for one in found if one in ("one", "two")] == ["one", "two"]
