"""Accounts of operators. Their rights bound those of their tokens, at once when they change."""

from __future__ import annotations

from datetime import datetime

from domain.principal import Principal, Right
from storage.database import Database
from storage.tables import AccountRow
from storage.uncut import uncut


class Accounts:
    """Keeps accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def put(self, account: Principal, now: datetime, *, disabled: bool = False) -> None:
        """Create the account, or give it exactly these rights; a disabled one lets none of its tokens in."""
        change = {"rights": right_names(account.rights), "disabled_at": now if disabled else None}
        insert = self._database.insert(AccountRow).values(
            operator_id=account.operator_id, login=account.account, created_at=now, **change
        )
        async with self._database.write() as session:
            await session.execute(insert.on_conflict_do_update(index_elements=["operator_id", "login"], set_=change))


def right_names(rights: frozenset[Right]) -> list[str]:
    """Rights as kept: their names, sorted."""
    return sorted(right.value for right in rights)


def rights_of(names: list[str]) -> frozenset[Right]:
    """Rights as read; a name that this version does not know gives nothing."""
    return frozenset(right for right in Right if right.value in names)
