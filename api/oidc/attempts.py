"""Sign-ins under way: what was drawn for each, kept in memory, good once and for ten minutes in one browser."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from api.oidc.errors import stale

LIFE_S = 600.0
MOST = 10_000
"""C: anybody may begin a sign-in; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way.

    Attributes:
        state: Comes back with the answer (RFC 6749 §10.12).
        nonce: Stands in the ID token (OpenID Connect Core 1.0 §3.1.2.1).
        verifier: Proves to the provider that who began is who ends (RFC 7636).
        browser: Kept by the browser that began it, in a cookie.
        target: Path of this site to go on to.
    """

    provider: str
    target: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    browser: str = field(repr=False)


class Attempts:
    """Keeps the sign-ins under way."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, Attempt]] = {}

    def begin(self, provider: str, target: str) -> Attempt:
        """A new one."""
        now = self._monotonic()
        drawn = Attempt(provider, target, *(secrets.token_urlsafe(32) for _ in range(4)))
        while self._kept and (len(self._kept) >= MOST or next(iter(self._kept.values()))[0] <= now):
            del self._kept[next(iter(self._kept))]
        self._kept[_digest(drawn.state)] = (now + LIFE_S, drawn)
        return drawn

    def end(self, provider: str, state: str, browser: str) -> Attempt:
        """The attempt that an answer belongs to, used up; raises `SignInError`."""
        until, found = self._kept.pop(_digest(state), (0.0, None))
        if found is None or self._monotonic() >= until or found.provider != provider:
            raise stale()
        if not hmac.compare_digest(found.browser.encode(), browser.encode()):
            raise stale()
        return found


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
