"""One-time sign-in codes: a link that works once, so that no token ever stands in an address or a log."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable

from domain.errors import UnauthenticatedError

LIFE_S = 3600.0


class OneTimeCodes:
    """Codes drawn for tokens, kept in memory, each good once and for an hour."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._tokens: dict[str, tuple[float, str]] = {}

    def draw(self, token: str) -> str:
        """A code that stands for the token."""
        code = secrets.token_urlsafe(18)
        self._tokens[_digest(code)] = (self._monotonic() + LIFE_S, token)
        return code

    def redeem(self, code: str) -> str:
        """The token; raises `UnauthenticatedError` for a code that is unknown, used or too old."""
        until, token = self._tokens.pop(_digest(code), (0.0, ""))
        if self._monotonic() >= until:
            raise UnauthenticatedError
        return token


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
