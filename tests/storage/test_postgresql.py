"""What PostgreSQL does otherwise than SQLite. The tests of the records beside this one run on both, where both are."""

from __future__ import annotations

import asyncio

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from storage.database import Database
from storage.migration import alembic_config, migrate
from storage.tables import Base
from tests import postgres
from tests.services import require


def test_its_schema_is_what_the_tables_declare_and_can_be_undone() -> None:
    lacks = postgres.missing()
    require(f"PostgreSQL ({lacks})" if lacks else "PostgreSQL", available=not lacks)
    with postgres.server() as server:
        asyncio.run(_up_and_down(server.url(server.fresh())))


async def _up_and_down(url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))

    def down(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    assert (await migrate(url)).up_to_date
    async with Database.opened(url) as database:
        async with database.writer.connect() as connection:
            assert await connection.run_sync(differences) == []
        async with database.writer.begin() as connection:
            await connection.run_sync(down)
    assert (await migrate(url)).up_to_date
