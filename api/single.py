"""One service on one set of records: a second one would end the first one's running tests as interrupted."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from domain.errors import ConflictError


@contextmanager
def alone(database_url: str) -> Iterator[None]:
    """Hold the records for this process, until it ends however it ends; raises `ConflictError` when another has them.

    Only files can be held so: on PostgreSQL the operator sees to it that one service runs (ADR-0011).
    """
    database = make_url(database_url).database
    if not database_url.startswith("sqlite") or not database:
        yield
        return
    path = Path(f"{database}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError("records", database, "another service runs on them") from None
        yield
