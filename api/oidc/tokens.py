"""The tokens of a provider: signature, algorithm, issuer, audience, times; on the service's clock."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

import structlog
from authlib.oauth2.claims import JWTClaims
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from api.oidc.attempts import Attempt
from api.oidc.errors import SignInError, strange
from api.oidc.fetching import Json
from api.oidc.provider import Provider
from domain.errors import UnauthenticatedError

_log = structlog.get_logger(__name__)

LONGEST = 16_384
"""Characters of a token: what servers take as a header."""


async def id_token(provider: Provider, answer: Json, attempt: Attempt, now: datetime) -> Json:
    """The claims of the ID token of an answer (OpenID Connect Core 1.0 §3.1.3.7); raises `SignInError`."""
    text = answer.get("id_token")
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
        raise strange(provider.label, "id_token")
    settings = provider.settings
    params = {"nonce": attempt.nonce, "client_id": settings.client_id, "access_token": answer.get("access_token")}
    try:
        token = await _signed(provider, text)
        claims = CodeIDToken(dict(token.claims), token.header, _options(settings.issuer, settings.client_id), params)
        claims.validate(now=int(now.timestamp()), leeway=settings.leeway_s)
    except (JoseError, ValueError, TypeError) as error:
        raise strange(provider.label, _why(provider, error)) from None
    return dict(claims)


async def access_token(provider: Provider, text: str, now: datetime) -> Json:
    """The claims of an access token for this API (RFC 9068 §4); raises `UnauthenticatedError`, or `SignInError`."""
    settings = provider.settings
    try:
        token = await _signed(provider, text)
        claims = JWTClaims(dict(token.claims), token.header, _options(settings.issuer, settings.api_audience))
        claims.validate(now=int(now.timestamp()), leeway=settings.leeway_s)
        kind = str(token.header.get("typ", "")).lower().removeprefix("application/")
    except SignInError:
        raise
    except (JoseError, ValueError, TypeError) as error:
        _why(provider, error)
        raise UnauthenticatedError from None
    if kind != settings.api_token_type.lower():
        raise UnauthenticatedError
    return dict(claims)


def unverified_issuer(text: str) -> str | None:
    """The issuer that a token names, to find whose keys must have signed it; ``None`` when it is no JWT (RFC 7519)."""
    parts = text.split(".") if len(text) <= LONGEST else []
    if len(parts) != 3:
        return None
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    found = claims.get("iss") if isinstance(claims, dict) else None
    return found if isinstance(found, str) else None


async def _signed(provider: Provider, text: str) -> jwt.Token:
    """The token, its signature verified; a key that we do not know yet is asked for: keys are rotated."""
    try:
        return _decoded(provider, text, await provider.keys())
    except (InvalidKeyIdError, BadSignatureError):
        return _decoded(provider, text, await provider.keys(anew=True))


def _decoded(provider: Provider, text: str, keys: KeySet) -> jwt.Token:
    registry = JWSRegistry(algorithms=list(provider.settings.algorithms), strict_check_header=False)
    return jwt.decode(text, keys, registry=registry)


def _options(issuer: str, audience: str) -> dict[str, dict[str, Any]]:
    """Claims that a token must have, and their values."""
    needed: dict[str, dict[str, Any]] = {name: {"essential": True} for name in ("sub", "exp", "iat")}
    return needed | {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": audience}}


def _why(provider: Provider, error: Exception) -> str:
    """The stable word of an error, logged; never the token, nor what it claims."""
    claim = getattr(error, "claim", None)
    word = str(claim) if claim else str(getattr(error, "error", type(error).__name__))
    _log.warning("token refused", provider=provider.name, reason=word, error=type(error).__name__)
    return word
