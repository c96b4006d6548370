"""From the claims of a provider to an operator, a login and rights: what is declared, and nothing else. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.oidc.errors import SignInError
from api.oidc_settings import OidcSettings
from api.signalisation.filling import is_email
from domain.account import Profile, checked_login
from domain.errors import InvalidValueError
from domain.principal import Principal, Right


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whom a provider speaks of.

    Attributes:
        who: Operator, login and rights by the declared mapping; no right where its accounts keep their own.
        email: Address that the provider has verified, or none.
        profile: Names and address for an account made now, where the claims have them.
    """

    who: Principal
    issuer: str
    subject: str
    email: str | None
    profile: Profile | None


def claimed(settings: OidcSettings, claims: Mapping[str, Any], *, login_claim: str | None = None) -> Claimed:
    """Whom verified claims speak of; raises `SignInError` (403) where the mapping does not cover them."""
    operator = _operator(settings, claims)
    rights = _rights(settings, claims) if settings.rights_from == "claims" else frozenset[Right]()
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise SignInError(403, "Your identity has no usable « {claim} »", claim="sub")
    email = claims.get("email")
    verified = email if isinstance(email, str) and is_email(email) and claims.get("email_verified") is True else None
    login = _login(login_claim or settings.login_claim, claims)
    who = Principal(operator, login, rights)
    return Claimed(who, settings.issuer, subject, verified, _profile(claims))


def _operator(settings: OidcSettings, claims: Mapping[str, Any]) -> str:
    if settings.operator:
        return settings.operator
    named = {
        settings.operators[value] for value in values(claims, settings.operator_claim) if value in settings.operators
    }
    if len(named) == 1:
        return named.pop()
    text = (
        "No operator is declared for your identity (« {claim} »)"
        if not named
        else ("Several operators are declared for your identity (« {claim} »)")
    )
    raise SignInError(403, text, claim=settings.operator_claim)


def _rights(settings: OidcSettings, claims: Mapping[str, Any]) -> frozenset[Right]:
    given = {right for value in values(claims, settings.rights_claim) for right in settings.rights.get(value, ())}
    if not given:
        raise SignInError(403, "None of your groups (« {claim} ») gives a right here", claim=settings.rights_claim)
    return frozenset(given)


def _login(claim: str, claims: Mapping[str, Any]) -> str:
    for text in values(claims, claim):
        try:
            return checked_login(text)
        except InvalidValueError:
            break
    raise SignInError(403, "Your identity has no usable « {claim} »", claim=claim)


def _profile(claims: Mapping[str, Any]) -> Profile | None:
    texts = {name: claims.get(name) for name in ("family_name", "given_name", "email")}
    last, first, email = (text.strip() if isinstance(text, str) else "" for text in texts.values())
    if not (0 < len(last) <= 100 and 0 < len(first) <= 100 and is_email(email)):
        return None
    return Profile(last, first, email)


def values(claims: Mapping[str, Any], claim: str) -> list[str]:
    """The texts of a claim: one, several separated by spaces (``scope``), or a list; ``a.b`` is ``b`` within ``a``."""
    found: Any = claims.get(claim)
    if found is None and "." in claim:
        found = claims
        for part in claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return [found] if claim not in {"scope", "scp"} else found.split()
    if isinstance(found, list):
        return [item for item in found if isinstance(item, str)]
    return []
