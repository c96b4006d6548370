"""Settings of sign-in by OpenID Connect (``DIAG_OIDC__NAME__…``), a block for each provider."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from domain.principal import Right

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures that may be allowed: none that shares a secret, and never ``none``."""


def checked_address(url: str) -> str:
    """An HTTPS address, or a plain one of this machine; raises ``ValueError``."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname and not parts.username and not parts.fragment:
        return url
    if parts.scheme == "http" and _is_loopback(parts.hostname or ""):
        return url
    raise ValueError("an HTTPS address is expected (plain HTTP on the loopback only)")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


Address = Annotated[str, Field(max_length=1024), AfterValidator(checked_address)]
Claim = Annotated[str, Field(min_length=1, max_length=200)]


class OidcSettings(BaseModel):
    """One provider. Lists and tables are JSON in the environment.

    Attributes:
        issuer: Its ``iss``, under which its discovery document is.
        label: What the sign-in page calls it.
        client_secret: Of the client registered there; none for a public client.
        client_auth: How the secret is given.
        scopes: Scopes asked for.
        operator: The operator whose users it signs in. Or, for a provider shared by several:
        operator_claim: Claim that names it, with
        operators: the operator of each of its values.
        rights_from: ``claims``: at each sign-in an account takes the rights that the claims give; ``account``: it keeps
            those that its administrator gave.
        rights_claim: Claim that lists groups or roles; ``a.b`` is ``b`` within ``a``.
        rights: Rights of each of its values.
        accounts: ``link``: who has no account here is refused; ``create``: is given one.
        link_by: Which account a first sign-in is linked to: the one of the same ``login``, or of the same verified
            ``email``; ``none``.
        login_claim: Claim that holds the login.
        userinfo: Whether claims are read from the userinfo endpoint too.
        algorithms: Signatures accepted.
        leeway_s: Difference of clocks allowed for.
        timeout_s: For one answer of the provider.
        ca: Authority of its certificate (PEM), where it is not a public one.
        api_audience: Audience of access tokens (JWT) that the API accepts from it; empty: none is.
        api_token_type: ``typ`` of those tokens: RFC 9068's, or what the provider writes in its place.
        api_login_claim: Claim of those tokens that holds the login.
    """

    model_config = ConfigDict(extra="forbid")

    issuer: Annotated[str, Field(max_length=255), AfterValidator(checked_address)]
    label: str = Field(default="", max_length=60)
    client_id: str = Field(min_length=1, max_length=255)
    client_secret: SecretStr | None = None
    client_auth: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    scopes: list[str] = ["openid", "profile", "email"]
    operator: str = Field(default="", max_length=64)
    operator_claim: str = Field(default="", max_length=200)
    operators: dict[str, str] = {}
    rights_from: Literal["claims", "account"] = "claims"
    rights_claim: Claim = "groups"
    rights: dict[str, list[Right]] = {}
    accounts: Literal["link", "create"] = "link"
    link_by: Literal["none", "login", "email"] = "none"
    login_claim: Claim = "preferred_username"
    userinfo: bool = False
    algorithms: list[Algorithm] = Field(default=["RS256", "PS256", "ES256"], min_length=1)
    leeway_s: int = Field(default=60, ge=0, le=300)
    timeout_s: float = Field(default=5.0, gt=0, le=60)
    ca: Path | None = None
    api_audience: str = Field(default="", max_length=255)
    api_token_type: str = "at+jwt"  # noqa: S105 - a media type
    api_login_claim: Claim = "client_id"

    @model_validator(mode="after")
    def _mapped(self) -> Self:
        if bool(self.operator) is bool(self.operator_claim and self.operators):
            raise ValueError("give operator, or operator_claim with operators")
        if self.rights_from == "claims" and not self.rights:
            raise ValueError("rights_from=claims needs rights")
        if self.accounts == "create" and self.rights_from == "account":
            raise ValueError("accounts=create needs rights_from=claims: a new account would have no right")
        if self.accounts == "link" and self.link_by == "none":
            raise ValueError("accounts=link needs link_by: nobody could sign in")
        return self

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError("scopes must hold openid")
        if self.api_audience == self.client_id:
            raise ValueError("api_audience must not be client_id: an ID token would pass for an access token")
        secret = self.client_secret
        if secret is not None and secret.get_secret_value().strip().lower() in {"", "changeme", "change-me", "secret"}:
            raise ValueError("client_secret is a placeholder")
        return self
