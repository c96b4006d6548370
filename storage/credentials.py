"""Whether what tokens and accounts say has changed: a token that was looked up is known until then."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from storage.tables import AccountRow, TokenRow

_TABLES = "|".join(model.__tablename__ for model in (AccountRow, TokenRow))
_WRITES = re.compile(rf"(?:INSERT INTO|UPDATE|DELETE FROM) (?:{_TABLES})\b")


class WriteSession(Session):
    """The session beneath a transaction, so that its end can be heard."""


class Credentials:
    """Counts the changes of tokens and accounts made through one engine that writes alone, as on SQLite.

    Attributes:
        generation: Another number before such a change is seen, and after: what was read in between is of neither.
        counted: Whether nothing else can change them; then only may anything be remembered.
    """

    def __init__(self, writer: AsyncEngine, *, alone: bool) -> None:
        self.generation = 0
        self.counted = alone
        self._writing = False
        event.listen(writer.sync_engine, "before_cursor_execute", self._sent)
        event.listen(writer.sync_engine, "rollback", self._undone)

    def _sent(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if _WRITES.match(statement):
            self.generation += 1
            self._writing = True

    def committed(self, _session: Session) -> None:
        """A transaction has ended well."""
        if self._writing:
            self.generation += 1
            self._writing = False

    def _undone(self, _connection: Any) -> None:
        self._writing = False
