"""Sign-in by OpenID Connect: from a browser that comes back from a provider to a session of an account here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from authlib.common.urls import add_params_to_uri

from api.oidc.attempts import Attempt, Attempts
from api.oidc.errors import SignInError, stale, strange
from api.oidc.mapping import Claimed, claimed
from api.oidc.provider import Provider
from api.oidc.tokens import access_token, id_token, unverified_issuer
from domain.account import Account
from domain.clock import Clock
from domain.errors import ConflictError, NotFoundError, UnauthenticatedError
from domain.principal import Principal
from storage.identities import Identities
from storage.records import Records
from storage.tokens import IssuedToken, TokenKind, TokenUse

_log = structlog.get_logger(__name__)

SESSION_LIFE = timedelta(hours=12)
"""As a session by password."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider's redirection brings back (RFC 6749 §4.1.2, RFC 9207)."""

    state: str
    code: str
    error: str
    issuer: str


class OidcService:
    """Signs in through providers. What they claim gives what their declared mapping says, and nothing else."""

    def __init__(
        self, providers: Mapping[str, Provider], records: Records, clock: Clock, public_url: str, attempts: Attempts
    ) -> None:
        self._providers = providers
        self._records = records
        self._identities: Identities = records.identities
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._attempts = attempts

    @property
    def providers(self) -> Sequence[Provider]:
        """The providers, as declared."""
        return list(self._providers.values())

    def provider(self, name: str) -> Provider:
        """One of them; raises `NotFoundError`."""
        found = self._providers.get(name)
        if found is None:
            raise NotFoundError("sign-in service", name)
        return found

    async def begin(self, name: str, target: str, language: str) -> tuple[Attempt, str]:
        """A sign-in, and where its browser is sent to."""
        provider = self.provider(name)
        attempt = self._attempts.begin(name, target)
        return attempt, await provider.authorization_url(attempt, self._returning(name), language)

    async def end(self, name: str, browser: str, answer: Answer) -> tuple[IssuedToken, str]:
        """A session for who came back, and the path to go on to; raises `SignInError`."""
        provider = self.provider(name)
        attempt = self._attempts.end(name, answer.state, browser)
        await self._belongs(provider, answer)
        if answer.error:
            _log.warning("sign-in refused by the provider", provider=name, error=answer.error[:40])
            raise SignInError(403, "The sign-in service « {provider} » let nobody in", provider=provider.label)
        if not answer.code:
            raise stale()
        got = await provider.exchange(answer.code, attempt, self._returning(name))
        claims = await id_token(provider, got, attempt, self._clock.now())
        if provider.settings.userinfo:
            more = await provider.userinfo(str(got.get("access_token", "")), claims["sub"])
            claims = {**more, **claims}
        who = await self._admit(provider, claimed(provider.settings, claims))
        use = TokenUse(TokenKind.SESSION, name)
        issued = await self._records.tokens.issue(who, self._clock.now(), SESSION_LIFE, use)
        _log.info("signed in", operator=who.operator_id, account=who.account, provider=name)
        return issued, attempt.target

    async def bearer(self, text: str) -> Principal:
        """Whom an access token of a provider stands for at the API; raises `UnauthenticatedError`."""
        issuer = unverified_issuer(text)
        for provider in self._providers.values():
            settings = provider.settings
            if issuer != settings.issuer or not settings.api_audience:
                continue
            try:
                claims = await access_token(provider, text, self._clock.now())
            except UnauthenticatedError:
                continue  # one issuer may be declared twice, with an audience for each
            return await self._admit(provider, claimed(settings, claims, login_claim=settings.api_login_claim))
        raise UnauthenticatedError

    async def leaving(self, name: str) -> str | None:
        """Where one signs out of the provider itself (RP-Initiated Logout 1.0); ``None`` when it has no such place."""
        provider = self.provider(name)
        url = (await provider.metadata()).end_session_endpoint
        if url is None:
            return None
        back = f"{self._public_url}/connexion?motif=deconnexion"
        params = [("client_id", provider.settings.client_id), ("post_logout_redirect_uri", back)]
        found: str = add_params_to_uri(url, params)
        return found

    async def close(self) -> None:
        """Release the connections to the providers."""
        for provider in self._providers.values():
            await provider.close()

    def _returning(self, name: str) -> str:
        return f"{self._public_url}/connexion/oidc/{name}/retour"

    async def _belongs(self, provider: Provider, answer: Answer) -> None:
        """Refuse an answer that names another issuer, or none where its provider always does (RFC 9207 §2.4)."""
        names_itself = (await provider.metadata()).names_itself
        if answer.issuer != provider.settings.issuer and (answer.issuer or names_itself):
            raise strange(provider.label, "iss")

    async def _admit(self, provider: Provider, found: Claimed) -> Principal:
        """The account of an identity, with its rights of now: known, linked, or made, as the provider's rule says."""
        account = await self._identities.find(found.who, found.issuer, found.subject)
        if account is None:
            account = await self._first_time(provider, found)
        if account.disabled_at is not None:
            raise SignInError(403, "The account « {login} » has been deleted", login=account.login)
        who = Principal(account.operator_id, account.login, account.rights)
        if provider.settings.rights_from == "account":
            return who
        who = replace(who, rights=found.who.rights)
        if account.rights != who.rights:
            await self._records.accounts.give(who)
            _log.info("rights given", operator=who.operator_id, account=who.account, provider=provider.name)
        return who

    async def _operator_exists(self, found: Claimed) -> None:
        try:
            await self._records.operators.get(found.who.operator_id)
        except NotFoundError:
            _log.error("a provider is mapped to an operator that does not exist", operator=found.who.operator_id)
            raise SignInError(403, "The operator declared for your identity does not exist here") from None

    async def _first_time(self, provider: Provider, found: Claimed) -> Account:
        """Link to the account that the provider's rule names, or make one, or refuse."""
        await self._operator_exists(found)
        login = await self._linkable(provider, found)
        now, place = self._clock.now(), (found.issuer, found.subject)
        try:
            if login is not None:
                await self._identities.link(replace(found.who, account=login), *place, now)
            elif provider.settings.accounts == "create":
                await self._identities.create(found.who, *place, found.profile, now)
            else:
                raise SignInError(403, "No account here belongs to your identity: ask your administrator for one")
        except ConflictError:
            pass  # somebody else's, or the same person's other window: what is kept now decides
        account = await self._identities.find(found.who, *place)
        if account is None:
            raise SignInError(
                403, "The account « {login} » is not yours to sign in to", login=login or found.who.account
            )
        _log.info("identity linked", operator=account.operator_id, account=account.login, provider=provider.name)
        return account

    async def _linkable(self, provider: Provider, found: Claimed) -> str | None:
        """The login of the account that a first sign-in is linked to."""
        rule = provider.settings.link_by
        if rule == "login":
            try:
                return (await self._records.accounts.get(found.who, found.who.account)).login
            except NotFoundError:
                return None
        if rule == "email" and found.email is not None:
            logins = await self._identities.by_email(found.who, found.email)
            if len(logins) > 1:
                raise SignInError(403, "Several accounts have your e-mail address: ask your administrator")
            return logins[0] if logins else None
        return None
