"""Passwords of local accounts: Argon2id (RFC 9106), off the loop, and nobody guesses for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.errors import FormError, TooManyError
from domain.secret import Secret

SHORTEST, LONGEST = 12, 128
"""Characters (C: ANSSI's guide on passwords of 2021 asks 12 at least where attempts are limited)."""
FAILURES, FORGOTTEN_S = 5, 900.0
"""C: wrong passwords before an account has to wait, and how long."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")


def check_strength(password: Secret, login: str) -> None:
    """Raise `FormError` for a password that is too short, too long or holds the login."""
    text = password.reveal()
    if not SHORTEST <= len(text) <= LONGEST:
        limits = {"shortest": SHORTEST, "longest": LONGEST}
        raise FormError([("password", "A password of {shortest} to {longest} characters is expected", limits)])
    if login.casefold() in text.casefold() or len(set(text)) < 5:
        raise FormError([("password", "The password is too easy to guess", {})])


async def hashed(password: Secret) -> str:
    """The hash to keep."""
    return await asyncio.to_thread(_hasher.hash, password.reveal())


async def verified(kept: str | None, password: Secret) -> bool:
    """Whether the password is the one kept; takes as long where there is none."""

    def verify() -> bool:
        try:
            _hasher.verify(kept or _NOBODY, password.reveal())
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    return await asyncio.to_thread(verify)


class Throttle:
    """Counts wrong passwords by account."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures: dict[tuple[str, str], list[float]] = {}

    def check(self, operator: str, login: str) -> None:
        """Raise `TooManyError` while the account has to wait."""
        now = self._monotonic()
        recent = [at for at in self._failures.get((operator, login), ()) if now - at < FORGOTTEN_S]
        if len(recent) >= FAILURES:
            raise TooManyError(FORGOTTEN_S - (now - recent[0]))

    def failed(self, operator: str, login: str) -> None:
        """Count a wrong password; forgets accounts of which none was given lately."""
        now = self._monotonic()
        self._failures = {
            who: kept
            for who, times in self._failures.items()
            if (kept := [at for at in times if now - at < FORGOTTEN_S])
        }
        self._failures.setdefault((operator, login), []).append(now)

    def passed(self, operator: str, login: str) -> None:
        """Forget what went wrong before."""
        self._failures.pop((operator, login), None)
