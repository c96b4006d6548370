"""Who manages the certificates of an operator beside its administrators, whom mails go to, and when."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from domain.certificate import NoticePolicy
from domain.errors import NotFoundError
from domain.principal import Principal, Right
from storage.accounts import rights_of
from storage.audit import Entry, append_in
from storage.certificates import KIND
from storage.database import Database
from storage.scope import mine
from storage.tables import AccountRow, CertificateDelegateRow, CertificatePolicyRow
from storage.uncut import uncut

_TRAIL = "certificates"


@dataclass(frozen=True, slots=True)
class Delegate:
    """An account that was given the access."""

    login: str
    granted_by: str
    granted_at: datetime


class CertificateDesk:
    """Keeps delegates and policies, each operator's apart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def delegate(self, who: Principal, login: str, at: datetime) -> None:
        """Give an account the access, at once; raises `NotFoundError`. Idempotent."""
        account = mine(AccountRow, who).where(AccountRow.login == login, AccountRow.disabled_at.is_(None))
        insert = (
            self._database.insert(CertificateDelegateRow)
            .values(operator_id=who.operator_id, login=login, granted_by=who.account, granted_at=at)
            .on_conflict_do_nothing(index_elements=["operator_id", "login"])
            .returning(CertificateDelegateRow.login)
        )
        async with self._database.write() as session:
            if await session.scalar(account) is None:
                raise NotFoundError("account", login)
            if (await session.execute(insert)).first() is not None:
                body = {"account": who.account, "what": "delegate", "login": login}
                await append_in(session, Entry(who.operator_id, at, KIND, _TRAIL, body))

    @uncut
    async def dismiss(self, who: Principal, login: str, at: datetime) -> None:
        """Take the access away, at once; raises `NotFoundError`."""
        change = (
            delete(CertificateDelegateRow)
            .where(CertificateDelegateRow.operator_id == who.operator_id, CertificateDelegateRow.login == login)
            .returning(CertificateDelegateRow.login)
            .execution_options(synchronize_session=False)
        )
        async with self._database.write() as session:
            if await session.scalar(change) is None:
                raise NotFoundError("delegate", login)
            body = {"account": who.account, "what": "dismiss", "login": login}
            await append_in(session, Entry(who.operator_id, at, KIND, _TRAIL, body))

    @uncut
    async def delegates(self, who: Principal) -> builtins.list[Delegate]:
        """The delegates of the operator whose account is open, by login."""
        same = (AccountRow.operator_id == CertificateDelegateRow.operator_id) & (
            AccountRow.login == CertificateDelegateRow.login
        )
        query = (
            select(CertificateDelegateRow)
            .join(AccountRow, same)
            .where(CertificateDelegateRow.operator_id == who.operator_id, AccountRow.disabled_at.is_(None))
            .order_by(CertificateDelegateRow.login)
        )
        async with self._database.read() as session:
            return [Delegate(row.login, row.granted_by, row.granted_at) for row in await session.scalars(query)]

    @uncut
    async def is_delegate(self, who: Principal) -> bool:
        """Whether the account was given the access, and asks with all of its rights.

        A personal token with fewer of them does not carry what an account was given as a whole.
        """
        same = (AccountRow.operator_id == CertificateDelegateRow.operator_id) & (
            AccountRow.login == CertificateDelegateRow.login
        )
        query = (
            select(AccountRow.rights)
            .join(CertificateDelegateRow, same)
            .where(
                AccountRow.operator_id == who.operator_id,
                AccountRow.login == who.account,
                AccountRow.disabled_at.is_(None),
            )
        )
        async with self._database.read() as session:
            found = (await session.execute(query)).first()
        return found is not None and who.certificate is None and rights_of(found[0]) <= who.rights

    @uncut
    async def recipients(self, operator_id: str) -> builtins.list[str]:
        """Addresses of the administrators of an operator and of those that they delegate, once each, sorted."""
        accounts = select(AccountRow).where(
            AccountRow.operator_id == operator_id, AccountRow.disabled_at.is_(None), AccountRow.email.is_not(None)
        )
        delegates = select(CertificateDelegateRow.login).where(CertificateDelegateRow.operator_id == operator_id)
        async with self._database.read() as session:
            given = set(await session.scalars(delegates))
            return sorted(
                {
                    row.email
                    for row in await session.scalars(accounts)
                    if row.email and (row.login in given or Right.ADMINISTRATOR in rights_of(row.rights))
                }
            )

    @uncut
    async def policy(self, operator_id: str) -> NoticePolicy | None:
        """When the operator wants to be told; ``None`` where it never said."""
        query = select(CertificatePolicyRow).where(CertificatePolicyRow.operator_id == operator_id)
        async with self._database.read() as session:
            row = await session.scalar(query)
        return None if row is None else NoticePolicy(row.alert_days, row.reminder_days, row.language)

    @uncut
    async def set_policy(self, who: Principal, policy: NoticePolicy, at: datetime) -> None:
        """Keep when the operator wants to be told."""
        change = {
            "alert_days": policy.alert_days,
            "reminder_days": policy.reminder_days,
            "language": policy.language,
            "changed_by": who.account,
            "changed_at": at,
        }
        insert = self._database.insert(CertificatePolicyRow).values(operator_id=who.operator_id, **change)
        async with self._database.write() as session:
            await session.execute(insert.on_conflict_do_update(index_elements=["operator_id"], set_=change))
