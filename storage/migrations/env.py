"""Alembic's environment: migrates the connection it is given, or writes SQL for a dialect when off line."""

from __future__ import annotations

from alembic import context

from storage.tables import Base


def run() -> None:
    """Run the migrations that Alembic chose."""
    if context.is_offline_mode():
        dialect = context.config.attributes.get("dialect", "postgresql")
        context.configure(dialect_name=dialect, target_metadata=Base.metadata, literal_binds=True)
    else:
        connection = context.config.attributes["connection"]
        # SQLite alters a table by copying it: "batch" does so, and changes nothing elsewhere.
        context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


run()
