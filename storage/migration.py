"""Brings a database to the schema of this version. Works from any folder: no ``alembic.ini``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from domain.errors import DiagnosticsError
from storage.database import Database
from storage.engines import absent, parse_url

_SCRIPTS = Path(__file__).with_name("migrations")


class SchemaError(DiagnosticsError):
    """The database is not at the schema of this version: ``python -m storage migrate``."""

    def __init__(self, found: str | None, wanted: str | None) -> None:
        self.found = found
        self.wanted = wanted
        super().__init__(f"schema {found} where {wanted} is needed: run `python -m storage migrate`")


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Revision of a database and revision of this version; ``None`` for an empty database."""

    current: str | None
    head: str | None

    @property
    def up_to_date(self) -> bool:
        """Whether nothing is left to do."""
        return self.current == self.head


def alembic_config() -> Config:
    """Alembic's configuration; the connection is passed beside it, so that no URL with a password is written in it."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


async def migrate(url: str) -> SchemaStatus:
    """Bring the database at ``url`` to this version, in one transaction; creates a SQLite file that is absent."""
    async with Database.opened(url) as database, database.writer.begin() as connection:
        await connection.run_sync(_upgrade)
        return await connection.run_sync(_status)


async def status(url: str) -> SchemaStatus:
    """Where the database at ``url`` stands; a SQLite file that is absent is not created."""
    if absent(parse_url(url)):
        return SchemaStatus(None, _head())
    async with Database.opened(url) as database:
        return await _status_of(database)


async def require_current(database: Database) -> None:
    """Raise `SchemaError` unless the database is at this version's schema."""
    found = await _status_of(database)
    if not found.up_to_date:
        raise SchemaError(found.current, found.head)


async def _status_of(database: Database) -> SchemaStatus:
    async with database.writer.connect() as connection:
        return await connection.run_sync(_status)


def _upgrade(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _status(connection: Connection) -> SchemaStatus:
    return SchemaStatus(MigrationContext.configure(connection).get_current_revision(), _head())


def _head() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()
