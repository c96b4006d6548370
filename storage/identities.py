"""Outside identities: which account the subject of an OpenID Connect issuer signs in to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.account import Account, Profile
from domain.errors import ConflictError
from domain.principal import Principal
from storage.accounts import account_of, add_account
from storage.database import Database
from storage.scope import mine
from storage.tables import AccountRow, IdentityRow
from storage.uncut import uncut


class Identities:
    """Keeps outside identities. The operator is the one that the provider's declared mapping gave."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def find(self, who: Principal, issuer: str, subject: str) -> Account | None:
        """The account of a subject, deleted or not; ``None`` when nobody has signed in so yet."""
        same = and_(AccountRow.operator_id == IdentityRow.operator_id, AccountRow.login == IdentityRow.account)
        query = (
            mine(AccountRow, who)
            .join(IdentityRow, same)
            .where(IdentityRow.issuer == issuer, IdentityRow.subject == subject)
        )
        async with self._database.read() as session:
            row = await session.scalar(query)
        return None if row is None else account_of(row)

    @uncut
    async def by_email(self, who: Principal, email: str) -> list[str]:
        """Logins in use that have this e-mail address, whatever its case."""
        query = (
            select(AccountRow.login)
            .where(AccountRow.operator_id == who.operator_id, AccountRow.disabled_at.is_(None))
            .where(func.lower(AccountRow.email) == email.lower())
            .order_by(AccountRow.login)
        )
        async with self._database.read() as session:
            return list(await session.scalars(query))

    @uncut
    async def logins(self, who: Principal) -> frozenset[str]:
        """Logins of the operator that an outside identity signs in to."""
        query = select(IdentityRow.account).where(IdentityRow.operator_id == who.operator_id)
        async with self._database.read() as session:
            return frozenset(await session.scalars(query))

    @uncut
    async def link(self, who: Principal, issuer: str, subject: str, at: datetime) -> None:
        """Let a subject sign in to the principal's account; raises `ConflictError` when either is linked already."""
        async with self._database.write() as session:
            await self._link(session, who, issuer, subject, at)

    @uncut
    async def create(self, who: Principal, issuer: str, subject: str, profile: Profile | None, at: datetime) -> None:
        """A linked account of the principal's login and rights; `ConflictError` for a login that is, or was, in use."""
        async with self._database.write() as session:
            await add_account(self._database, session, who, profile, at)
            await self._link(session, who, issuer, subject, at)

    async def _link(self, session: AsyncSession, who: Principal, issuer: str, subject: str, at: datetime) -> None:
        row = {"operator_id": who.operator_id, "issuer": issuer, "subject": subject, "account": who.account}
        insert = self._database.insert(IdentityRow).values(**row, linked_at=at)
        linked = await session.execute(insert.on_conflict_do_nothing().returning(IdentityRow.account))
        if linked.first() is None:
            raise ConflictError("account", who.account, "it is linked to another identity")
