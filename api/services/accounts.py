"""Accounts of an operator: made, changed and deleted one at a time by its administrators; passwords and tokens."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from api.i18n import translate
from api.security.passwords import Throttle, check_strength, hashed, verified
from api.services.mail import Mailer
from domain.account import Account, Profile, checked_login
from domain.clock import Clock
from domain.errors import ConflictError, DiagnosticsError, ForbiddenError, NotFoundError, UnauthenticatedError
from domain.principal import Principal, Right
from domain.secret import Secret
from storage.accounts import Accounts
from storage.tokens import IssuedToken, KeptToken, TokenKind, Tokens, TokenUse

_log = structlog.get_logger(__name__)

CODE_LIFE = timedelta(hours=72)  # C: a mail read after a week-end
SESSION_LIFE = timedelta(hours=12)

RESERVED = frozenset({Right.INVENTORY, Right.NOC, Right.TREATMENT})
"""Rights over the network and the inventory: an administrator gives those that he has himself."""


Wanted = tuple[str, Profile, frozenset[Right]]
"""Login, profile and rights of an account to be made."""


@dataclass(frozen=True, slots=True)
class Initialisation:
    """What lets the owner of an account set his password: mailed to him, or handed to the administrator."""

    code: Secret | None
    mailed: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one account to be made: it is there, or why it is not."""

    login: str
    initialisation: Initialisation | None = None
    error: DiagnosticsError | None = None


class AccountService:
    """Needs the right « administrateur », but for what an account does to itself."""

    def __init__(self, accounts: Accounts, tokens: Tokens, mailer: Mailer, clock: Clock, throttle: Throttle) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._mailer = mailer
        self._clock = clock
        self._throttle = throttle

    async def create(
        self, who: Principal, login: str, profile: Profile, rights: frozenset[Right]
    ) -> tuple[Account, Initialisation]:
        """One account; its owner is sent what he sets his password with, its administrator what became of it."""
        made = await self._create(who, login, profile, rights)
        await self._confirm(who, [Outcome(login, made[1])])
        return made

    async def create_all(self, who: Principal, wanted: Sequence[Wanted]) -> Sequence[Outcome]:
        """« + »: several accounts, each by itself: one that cannot be made hinders no other."""
        who.require(Right.ADMINISTRATOR)
        outcomes: list[Outcome] = []
        for login, profile, rights in wanted:
            try:
                outcomes.append(Outcome(login, (await self._create(who, login, profile, rights))[1]))
            except DiagnosticsError as error:
                outcomes.append(Outcome(login, error=error))
        await self._confirm(who, outcomes)
        return outcomes

    async def list(self, who: Principal, text: str = "") -> Sequence[Account]:
        """The accounts of the operator, by login: those whose login, names or address hold the text, accents or not."""
        who.require(Right.ADMINISTRATOR)
        found = await self._accounts.list(who)
        sought = _plain(text)
        return [one for one in found if sought in _plain(_read_in(one))] if sought else found

    async def get(self, who: Principal, login: str) -> Account:
        """One account of the operator that is not deleted; raises `NotFoundError`."""
        who.require(Right.ADMINISTRATOR)
        found = await self._accounts.get(who, login)
        if found.disabled_at is not None:
            raise NotFoundError("account", login)
        return found

    async def change(self, who: Principal, login: str, profile: Profile, rights: frozenset[Right]) -> Account:
        """Change one account, at once; its login stays. Rights that it had stay allowed."""
        before = await self.get(who, login)
        _may_give(who, rights - before.rights)
        if login == who.account and Right.ADMINISTRATOR not in rights:
            raise ConflictError("account", login, "an administrator does not dismiss himself")
        await self._accounts.change(who, login, profile, rights)
        _log.info("account changed", operator=who.operator_id, by=who.account, account=login)
        return await self._accounts.get(who, login)

    async def delete(self, who: Principal, login: str) -> None:
        """Delete one account: its tokens and its password let nobody in from now on."""
        who.require(Right.ADMINISTRATOR)
        if login == who.account:
            raise ConflictError("account", login, "an administrator does not dismiss himself")
        await self._accounts.delete(who, login, self._clock.now())
        _log.info("account deleted", operator=who.operator_id, by=who.account, account=login)

    async def reset(self, who: Principal, login: str) -> Initialisation:
        """Send the owner of an account what he sets another password with."""
        account = await self.get(who, login)
        return await self._expect_password(who, login, account.profile.email if account.profile else None)

    async def set_password(self, code: Secret, password: Secret) -> None:
        """Set the password of the account that the code was made for; sessions under the former one end.

        Raises `UnauthenticatedError`, `FormError`.
        """
        now, digest = self._clock.now(), _digest(code)
        account = await self._accounts.expected(digest, now)
        if account is None:
            raise UnauthenticatedError
        check_strength(password, account.login)
        if not await self._accounts.set_password(digest, await hashed(password), now):
            raise UnauthenticatedError
        self._throttle.passed(account.operator_id, account.login)
        owner = Principal(account.operator_id, account.login, account.rights)
        await self._tokens.end_sessions(owner, account.login, now)

    async def sign_in(self, operator_id: str, login: str, password: Secret) -> IssuedToken:
        """A token of twelve hours; raises `UnauthenticatedError`, or `TooManyError` after too many wrong passwords."""
        self._throttle.check(operator_id, login)
        found = await self._accounts.credentials(operator_id, login)
        if not await verified(None if found is None else found[1], password) or found is None:
            self._throttle.failed(operator_id, login)
            raise UnauthenticatedError
        self._throttle.passed(operator_id, login)
        return await self._tokens.issue(found[0], self._clock.now(), SESSION_LIFE, TokenUse(TokenKind.SESSION))

    async def issue_token(
        self, who: Principal, rights: frozenset[Right], days: int, name: str | None = None
    ) -> IssuedToken:
        """A personal token: its scopes are rights that the account has, and that the present token has.

        A client certificate makes none: it would outlive its revocation.
        """
        if who.certificate is not None:
            raise ForbiddenError("personal token")
        for right in rights - who.rights:
            raise ForbiddenError(right.value)
        narrowed = Principal(who.operator_id, who.account, rights)
        return await self._tokens.issue(narrowed, self._clock.now(), timedelta(days=days), TokenUse(name=name))

    async def tokens(self, who: Principal) -> Sequence[KeptToken]:
        """The tokens of the account."""
        return await self._tokens.of_account(who, self._clock.now())

    async def revoke_token(self, who: Principal, token_id: str) -> None:
        """End a token of the account."""
        await self._tokens.revoke_own(who, token_id, self._clock.now())

    async def _create(
        self, who: Principal, login: str, profile: Profile, rights: frozenset[Right]
    ) -> tuple[Account, Initialisation]:
        _may_give(who, rights)
        await self._accounts.create(who, checked_login(login), profile, rights, self._clock.now())
        _log.info("account created", operator=who.operator_id, by=who.account, account=login)
        return await self._accounts.get(who, login), await self._expect_password(who, login, profile.email)

    async def _confirm(self, who: Principal, outcomes: Sequence[Outcome]) -> None:
        """Mail the administrator the state of the accounts that he has made, where his own has an address."""
        try:
            profile = (await self._accounts.get(who, who.account)).profile
        except NotFoundError:
            profile = None
        if profile is not None and outcomes:
            lines = [translate("fr", "State of the accounts that you have made:"), *map(_told, outcomes)]
            await self._mailer.send(profile.email, translate("fr", "Your new accounts for e-SAV"), "\n".join(lines))

    async def _expect_password(self, who: Principal, login: str, email: str | None) -> Initialisation:
        code = Secret(secrets.token_urlsafe(24))
        await self._accounts.expect_password(who, login, _digest(code), self._clock.now() + CODE_LIFE)
        if email is None:
            return Initialisation(code, mailed=False)
        subject = translate("fr", "Your password for e-SAV")
        text = translate(
            "fr", "Account {login}: set your password with this code: {code}", login=login, code=code.reveal()
        )
        mailed = await self._mailer.send(email, subject, text)
        return Initialisation(None if mailed else code, mailed)


def _may_give(who: Principal, rights: frozenset[Right]) -> None:
    who.require(Right.ADMINISTRATOR)
    for right in rights & RESERVED:
        who.require(right)


def _told(outcome: Outcome) -> str:
    """One line of the confirmation; no code stands in it."""
    if outcome.initialisation is None:
        return translate("fr", "- {login}: not made", login=outcome.login)
    text = (
        "- {login}: made, its owner has been mailed"
        if outcome.initialisation.mailed
        else ("- {login}: made, hand its owner the code that was shown to you")
    )
    return translate("fr", text, login=outcome.login)


def _read_in(account: Account) -> str:
    profile = account.profile
    names = () if profile is None else (profile.last_name, profile.first_name, profile.email)
    return " ".join((account.login, *names))


def _plain(text: str) -> str:
    """Without accents, case or spaces around."""
    parts = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def _digest(code: Secret) -> str:
    return hashlib.sha256(code.reveal().encode()).hexdigest()
