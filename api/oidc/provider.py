"""One provider: its discovery document, its keys, and the exchanges of the authorization code flow with PKCE."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.oidc.attempts import Attempt
from api.oidc.errors import stale, strange
from api.oidc.fetching import Fetcher, Json
from api.oidc.kept import Kept
from api.oidc_settings import OidcSettings, checked_address

_log = structlog.get_logger(__name__)

METADATA_LIFE_S, KEYS_LIFE_S = 3600.0, 3600.0
FORCED_EVERY_S = 10.0
"""C: a stranger who invents key names makes us ask for keys no more often."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the discovery document says, checked (OpenID Connect Discovery 1.0 §3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    names_itself: bool


class Provider:
    """One provider, asked when needed: the service starts without it, and goes on with what it said last."""

    def __init__(
        self, name: str, settings: OidcSettings, *, fetcher: Fetcher, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self.label = settings.label or name
        self.settings = settings
        self._fetcher = fetcher
        self._metadata = Kept(self._discovered, METADATA_LIFE_S, monotonic)
        self._keys = Kept(self._published, KEYS_LIFE_S, monotonic)

    async def metadata(self) -> Metadata:
        """Its discovery document; raises `SignInError` when it has never been read."""
        return await self._metadata.get()

    async def keys(self, *, anew: bool = False) -> KeySet:
        """Its signing keys; ``anew`` asks again, but no more often than every ten seconds."""
        return await (self._keys.anew(FORCED_EVERY_S) if anew else self._keys.get())

    async def authorization_url(self, attempt: Attempt, redirect_uri: str, language: str) -> str:
        """Where the browser is sent to."""
        url: str = prepare_grant_uri(
            (await self.metadata()).authorization_endpoint,
            client_id=self.settings.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=self.settings.scopes,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
            ui_locales=language,
        )
        return url

    async def exchange(self, code: str, attempt: Attempt, redirect_uri: str) -> Json:
        """The answer of the token endpoint for a code; raises `SignInError` for a code that it does not take."""
        url = (await self.metadata()).token_endpoint
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=attempt.verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        secret, method = "", "none"
        if self.settings.client_secret is not None:
            secret, method = self.settings.client_secret.get_secret_value(), self.settings.client_auth
        _, headers, body = ClientAuth(self.settings.client_id, secret, method).prepare("POST", url, headers, body)
        status, answer = await self._fetcher.post(url, headers, body)
        if status == 200:
            return answer
        _log.warning("code refused", provider=self.name, error=str(answer.get("error"))[:40])
        if answer.get("error") == "invalid_grant":
            raise stale()
        raise strange(self.label, "token")

    async def userinfo(self, access_token: str, subject: str) -> Json:
        """What its userinfo endpoint says of the subject that the token was given for (§5.3.2: the same ``sub``)."""
        url = (await self.metadata()).userinfo_endpoint
        if url is None:
            raise strange(self.label, "userinfo_endpoint")
        found = await self._fetcher.get(url, {"Authorization": f"Bearer {access_token}"})
        if found.get("sub") != subject:
            raise strange(self.label, "userinfo sub")
        return found

    async def close(self) -> None:
        """Release its connections."""
        await self._fetcher.close()

    async def _discovered(self) -> Metadata:
        return self._checked(await self._fetcher.get(get_well_known_url(self.settings.issuer, external=True)))

    async def _published(self) -> KeySet:
        document: Any = await self._fetcher.get((await self.metadata()).jwks_uri)
        try:
            return KeySet.import_key_set(document)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            raise strange(self.label, "jwks") from None

    def _checked(self, document: Json) -> Metadata:
        if document.get("issuer") != self.settings.issuer:
            raise strange(self.label, "issuer")

        def address(key: str) -> str | None:
            found = document.get(key)
            if found is None:
                return None
            try:
                return checked_address(found)
            except (ValueError, AttributeError, TypeError):
                raise strange(self.label, key) from None

        needed = {key: address(key) for key in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        for key, found in needed.items():
            if found is None:
                raise strange(self.label, key)
        return Metadata(
            **{key: str(found) for key, found in needed.items()},
            userinfo_endpoint=address("userinfo_endpoint"),
            end_session_endpoint=address("end_session_endpoint"),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )
