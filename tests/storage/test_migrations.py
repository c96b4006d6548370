"""The migrations and the tables say the same thing."""

from __future__ import annotations

import asyncio
import io
import re
import stat
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from domain.clock import WallClock
from domain.errors import InvalidValueError
from storage.__main__ import main
from storage.database import Database
from storage.migration import SchemaError, alembic_config, migrate, status
from storage.records import Records
from storage.tables import Base
from tests.storage.samples import secret_for


async def test_a_migrated_database_is_what_the_tables_declare(url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))

    async with Database.opened(url) as database, database.writer.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_every_table_of_a_migrated_database_has_an_operator(url: str) -> None:
    def without_operator(connection: Connection) -> set[str]:
        tables = inspect(connection)
        names = set(tables.get_table_names()) - {"alembic_version"}
        assert names == set(Base.metadata.tables)
        return {n for n in names if "operator_id" not in {column["name"] for column in tables.get_columns(n)}}

    async with Database.opened(url) as database, database.writer.connect() as connection:
        assert await connection.run_sync(without_operator) == {"ruleset"}  # the service's own


async def test_migrating_twice_changes_nothing(url: str) -> None:
    assert (await migrate(url)).up_to_date
    assert (await status(url)).up_to_date


async def test_a_migration_can_be_undone(url: str) -> None:
    def down(connection: Connection) -> list[str]:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        return inspect(connection).get_table_names()

    async with Database.opened(url) as database, database.writer.begin() as connection:
        assert await connection.run_sync(down) == ["alembic_version"]


def test_the_migrations_write_sql_for_postgresql() -> None:
    config = alembic_config()
    config.output_buffer = io.StringIO()
    config.attributes["dialect"] = "postgresql"
    command.upgrade(config, "head", sql=True)
    sql = config.output_buffer.getvalue()
    assert sql.count("CREATE TABLE") - sql.count("DROP TABLE") == len(Base.metadata.tables) + 1
    assert "TIMESTAMP WITH TIME ZONE" in sql
    assert "BYTEA" in sql
    assert "CREATE INDEX ix_diagnosis_running ON diagnosis (state) WHERE state = 'En cours'" in sql


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_compiles_for_postgresql(table: Table) -> None:
    dialect = postgresql.dialect()
    assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))


async def test_records_refuse_a_database_that_was_not_migrated(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="python -m storage migrate"):
        await Records.open(f"sqlite+aiosqlite:///{tmp_path / 'new.sqlite'}", secret_for, WallClock())


def test_asking_for_the_status_creates_no_file(tmp_path: Path) -> None:
    found = asyncio.run(status(f"sqlite+aiosqlite:///{tmp_path / 'absent.sqlite'}"))
    assert found.current is None
    assert not found.up_to_date
    assert list(tmp_path.iterdir()) == []


async def test_the_file_of_the_records_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "records.sqlite"
    await migrate(f"sqlite+aiosqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:", "not a url"])
async def test_a_database_that_cannot_be_shared_is_refused(url: str) -> None:
    with pytest.raises(InvalidValueError):
        Database(url)


def test_the_command_migrates_and_tells_the_status_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}"
    assert main(["status", "--url", url]) == 1
    assert main(["migrate", "--url", url]) == 0
    assert main(["status", "--url", url]) == 0
    assert re.search(r"schema (\d{4}), this version's is \1$", capsys.readouterr().out.splitlines()[-1])
    assert main(["status", "--url", "sqlite+aiosqlite://"]) == 2
