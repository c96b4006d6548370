"""API tokens. The plain token exists once, in the answer to `issue`; the records hold its SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import or_, select, update

from domain.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from domain.principal import Principal, Right
from domain.secret import Secret
from storage.accounts import right_names, rights_of
from storage.database import Database
from storage.scope import change_mine, mine
from storage.tables import AccountRow, TokenRow
from storage.uncut import uncut

_RANDOM_OCTETS = 32
_MOST_KNOWN = 10_000
_KNOWN_FOR = timedelta(seconds=10)
"""How long a change made behind the service's back, by another program, may stay unseen."""


class TokenKind(StrEnum):
    """Made by its owner for a program, or given by a sign-in."""

    PERSONAL = "personal"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token: ``token`` is shown to its owner and kept nowhere; ``token_id`` names it to revoke it."""

    token_id: str
    token: Secret
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A token as its owner sees it afterwards."""

    token_id: str
    rights: frozenset[Right]
    created_at: datetime
    expires_at: datetime | None
    kind: TokenKind = TokenKind.PERSONAL
    name: str | None = None


@dataclass(frozen=True, slots=True)
class TokenUse:
    """What a token is for.

    Attributes:
        provider: Who signed a session in, where it was not us.
        name: What its owner calls a personal one.
    """

    kind: TokenKind = TokenKind.PERSONAL
    provider: str | None = None
    name: str | None = None


PERSONAL = TokenUse()


@dataclass(frozen=True, slots=True)
class _Known:
    """What a token stood for when it was looked up."""

    who: Principal
    expires_at: datetime | None
    generation: int
    at: datetime

    def holds(self, generation: int, now: datetime) -> bool:
        """Whether it still may be believed."""
        return self.generation == generation and self.at <= now < self.at + _KNOWN_FOR


class Tokens:
    """Issues, checks and revokes tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, _Known] = {}

    @uncut
    async def issue(
        self, who: Principal, now: datetime, lifetime: timedelta | None = None, use: TokenUse = PERSONAL
    ) -> IssuedToken:
        """A token for this account and these rights; ``lifetime`` ``None`` never expires.

        An account that does not exist is created with these rights; rights that an existing one lacks raise
        `ForbiddenError`.
        """
        issued = IssuedToken(
            token_id=secrets.token_hex(8),
            token=Secret(f"jf_{secrets.token_urlsafe(_RANDOM_OCTETS)}"),
            expires_at=None if lifetime is None else now + lifetime,
        )
        async with self._database.write() as session:
            account = await session.scalar(mine(AccountRow, who).where(AccountRow.login == who.account))
            rights = right_names(who.rights)
            if account is None:
                session.add(AccountRow(operator_id=who.operator_id, login=who.account, rights=rights, created_at=now))
                await session.flush()
            else:
                for right in who.rights - rights_of(account.rights):
                    raise ForbiddenError(right.value)
            session.add(
                TokenRow(
                    operator_id=who.operator_id,
                    digest=_digest(issued.token.reveal()),
                    token_id=issued.token_id,
                    account=who.account,
                    rights=rights,
                    created_at=now,
                    expires_at=issued.expires_at,
                    kind=use.kind.value,
                    provider=use.provider,
                    name=use.name,
                )
            )
        return issued

    async def authenticate(self, token: str, now: datetime) -> Principal:
        """Who the token stands for; raises `UnauthenticatedError` when unknown, expired, revoked or disabled.

        What was found is known for some seconds, or until any token or account changes.
        """
        digest, generation = _digest(token.strip()), self._database.credentials.generation
        known = self._known.get(digest)
        if known is None or not known.holds(generation, now):
            known = await self._looked_up(digest, generation, now)
        if known.expires_at is not None and known.expires_at <= now:
            raise UnauthenticatedError
        return known.who

    @uncut
    async def _looked_up(self, digest: str, generation: int, now: datetime) -> _Known:
        same_account = (AccountRow.operator_id == TokenRow.operator_id) & (AccountRow.login == TokenRow.account)
        query = select(TokenRow, AccountRow).join(AccountRow, same_account).where(TokenRow.digest == digest)
        async with self._database.read() as session:
            found = (await session.execute(query)).one_or_none()
        if found is None:
            raise UnauthenticatedError
        row, account = found
        if row.revoked_at is not None or account.disabled_at is not None:
            raise UnauthenticatedError
        who = Principal(row.operator_id, row.account, rights_of(row.rights) & rights_of(account.rights))
        known = _Known(who, row.expires_at, generation, now)
        if self._database.credentials.counted:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[digest] = known
        return known

    @uncut
    async def of_account(self, who: Principal, now: datetime) -> list[KeptToken]:
        """The tokens of the account that still let in, newest first."""
        query = (
            mine(TokenRow, who)
            .where(TokenRow.account == who.account, TokenRow.revoked_at.is_(None))
            .where(or_(TokenRow.expires_at.is_(None), TokenRow.expires_at > now))
            .order_by(TokenRow.created_at.desc(), TokenRow.token_id)
        )
        async with self._database.read() as session:
            rows = await session.scalars(query)
            return [_kept(row) for row in rows]

    @uncut
    async def revoke_own(self, who: Principal, token_id: str, now: datetime) -> None:
        """End a token of the account itself; raises `NotFoundError`. Idempotent."""
        change = (
            change_mine(TokenRow, who)
            .where(TokenRow.account == who.account, TokenRow.token_id == token_id)
            .values(revoked_at=now)
        )
        async with self._database.write() as session:
            if await session.scalar(change.returning(TokenRow.token_id)) is None:
                raise NotFoundError("token", token_id)

    @uncut
    async def end_session(self, token: str, now: datetime) -> str | None:
        """End a session by its token, as signing out does, and return who had signed it in, where it was not us.

        A personal token that was pasted to sign in stays good for the programs that hold it.
        """
        change = (
            update(TokenRow)
            .where(TokenRow.digest == _digest(token.strip()), TokenRow.kind == TokenKind.SESSION.value)
            .where(TokenRow.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(TokenRow.provider)
            .execution_options(synchronize_session=False)
        )
        async with self._database.write() as session:
            return await session.scalar(change)

    @uncut
    async def end_sessions(self, who: Principal, login: str, now: datetime) -> None:
        """End every session of an account of the principal's operator; personal tokens stay."""
        change = (
            change_mine(TokenRow, who)
            .where(TokenRow.account == login, TokenRow.kind == TokenKind.SESSION.value, TokenRow.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        async with self._database.write() as session:
            await session.execute(change)

    @uncut
    async def revoke(self, who: Principal, token_id: str, now: datetime) -> None:
        """End a token of the principal's operator; raises `NotFoundError`. Idempotent."""
        change = change_mine(TokenRow, who).where(TokenRow.token_id == token_id).values(revoked_at=now)
        async with self._database.write() as session:
            if await session.scalar(change.returning(TokenRow.token_id)) is None:
                raise NotFoundError("token", token_id)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _kept(row: TokenRow) -> KeptToken:
    return KeptToken(row.token_id, rights_of(row.rights), row.created_at, row.expires_at, TokenKind(row.kind), row.name)
