"""Accounts of operators. Their rights bound those of their tokens, at once when they change."""

from __future__ import annotations

import builtins
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.account import Account, Profile
from domain.errors import ConflictError, NotFoundError
from domain.principal import Principal, Right
from storage.database import Database
from storage.scope import change_mine, mine
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

    @uncut
    async def create(
        self, who: Principal, login: str, profile: Profile, rights: frozenset[Right], at: datetime
    ) -> None:
        """A new account of the principal's operator; `ConflictError` for a login that is, or was, in use."""
        async with self._database.write() as session:
            await add_account(self._database, session, Principal(who.operator_id, login, rights), profile, at)

    @uncut
    async def get(self, who: Principal, login: str) -> Account:
        """One account of the operator; raises `NotFoundError`."""
        async with self._database.read() as session:
            row = await session.scalar(mine(AccountRow, who).where(AccountRow.login == login))
        if row is None:
            raise NotFoundError("account", login)
        return account_of(row)

    @uncut
    async def list(self, who: Principal) -> builtins.list[Account]:
        """The accounts of the operator that are not deleted, by login."""
        query = mine(AccountRow, who).where(AccountRow.disabled_at.is_(None)).order_by(AccountRow.login)
        async with self._database.read() as session:
            return [account_of(row) for row in await session.scalars(query)]

    @uncut
    async def change(self, who: Principal, login: str, profile: Profile, rights: frozenset[Right]) -> None:
        """Change all but the login; the rights count from the next request. Raises `NotFoundError`."""
        await self._change(who, login, rights=right_names(rights), **profile_values(profile))

    @uncut
    async def give(self, account: Principal) -> None:
        """Give an account exactly these rights, from the next request on. Raises `NotFoundError`."""
        await self._change(account, account.account, rights=right_names(account.rights))

    @uncut
    async def delete(self, who: Principal, login: str, at: datetime) -> None:
        """Delete an account: nothing of it lets anybody in any more; its trace stays. Raises `NotFoundError`."""
        await self._change(who, login, disabled_at=at, password=None, init_digest=None)

    @uncut
    async def expect_password(self, who: Principal, login: str, digest: str, until: datetime) -> None:
        """Let the bearer of a code set the password; the former one counts until then. Raises `NotFoundError`."""
        await self._change(who, login, init_digest=digest, init_expires_at=until)

    @uncut
    async def expected(self, digest: str, now: datetime) -> Account | None:
        """Whose password the code may set: ``None`` when it is unknown, used or too old."""
        query = select(AccountRow).where(
            AccountRow.init_digest == digest, AccountRow.init_expires_at > now, AccountRow.disabled_at.is_(None)
        )
        async with self._database.read() as session:
            row = await session.scalar(query)
        return None if row is None else account_of(row)

    @uncut
    async def set_password(self, digest: str, password: str, now: datetime) -> bool:
        """Keep a password's hash for the bearer of the code, which is used up; returns whether it was good."""
        change = (
            update(AccountRow)
            .where(AccountRow.init_digest == digest, AccountRow.init_expires_at > now, AccountRow.disabled_at.is_(None))
            .values(password=password, init_digest=None, init_expires_at=None)
            .returning(AccountRow.login)
            .execution_options(synchronize_session=False)
        )
        async with self._database.write() as session:
            return await session.scalar(change) is not None

    @uncut
    async def credentials(self, operator_id: str, login: str) -> tuple[Principal, str] | None:
        """Who may sign in with a password, and its hash; ``None`` when nobody may."""
        query = select(AccountRow).where(
            AccountRow.operator_id == operator_id,
            AccountRow.login == login,
            AccountRow.disabled_at.is_(None),
            AccountRow.password.is_not(None),
        )
        async with self._database.read() as session:
            row = await session.scalar(query)
        if row is None or row.password is None:
            return None
        return Principal(row.operator_id, row.login, rights_of(row.rights)), row.password

    async def _change(self, who: Principal, login: str, **values: Any) -> None:
        change = (
            change_mine(AccountRow, who)
            .where(AccountRow.login == login, AccountRow.disabled_at.is_(None))
            .values(**values)
            .returning(AccountRow.login)
        )
        async with self._database.write() as session:
            if await session.scalar(change) is None:
                raise NotFoundError("account", login)


async def add_account(
    database: Database, session: AsyncSession, account: Principal, profile: Profile | None, at: datetime
) -> None:
    """Write a new account in a transaction; `ConflictError` for a login that is, or was, in use, whatever its case."""
    alike = mine(AccountRow, account).where(func.lower(AccountRow.login) == account.account.lower())
    insert = (
        database.insert(AccountRow)
        .values(
            operator_id=account.operator_id,
            login=account.account,
            rights=right_names(account.rights),
            created_at=at,
            **({} if profile is None else profile_values(profile)),
        )
        .on_conflict_do_nothing(index_elements=["operator_id", "login"])
        .returning(AccountRow.login)
    )
    if await session.scalar(alike) is not None or (await session.execute(insert)).first() is None:
        raise ConflictError("account", account.account, "this login is, or was, in use")


def profile_values(profile: Profile) -> dict[str, str | None]:
    """A profile as the columns keep it."""
    return asdict(profile)


def account_of(row: AccountRow) -> Account:
    """The account that a row holds."""
    profile = None
    if row.last_name is not None and row.first_name is not None and row.email is not None:
        profile = Profile(row.last_name, row.first_name, row.email, row.phone, row.mobile)
    return Account(
        operator_id=row.operator_id,
        login=row.login,
        rights=rights_of(row.rights),
        profile=profile,
        has_password=row.password is not None,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


def right_names(rights: frozenset[Right]) -> builtins.list[str]:
    """Rights as kept: their names, sorted."""
    return sorted(right.value for right in rights)


def rights_of(names: builtins.list[str]) -> frozenset[Right]:
    """Rights as read; a name that this version does not know gives nothing."""
    return frozenset(right for right in Right if right.value in names)
