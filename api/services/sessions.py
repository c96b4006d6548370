"""The history of the PPP sessions of an access, without anything that identifies its subscriber to the platform."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from domain.access import Access
from domain.clock import Clock
from domain.identifiers import Id1
from domain.principal import Principal, Right
from domain.secret import MASK
from storage.session_history import KEPT, PastAuthentication, PastSession, SessionHistory

_PLAIN = re.compile(r"[a-z][a-z :()_'-]{1,100}", re.IGNORECASE)
"""A reason that cannot hold an identifier: those have digits, dots, a slash or an at sign."""


class _Accesses(Protocol):
    async def get(self, who: Principal, id1: Id1) -> Access: ...


@dataclass(frozen=True, slots=True)
class AccessSessions:
    """What is kept of an access.

    Attributes:
        has_identifier: Whether the access has a PPP identifier, without which nothing can be its own.
        kept: How long ended sessions are kept.
    """

    at: datetime
    has_identifier: bool
    sessions: Sequence[PastSession]
    authentications: Sequence[PastAuthentication]
    kept: timedelta = KEPT


class SessionService:
    """Shows sessions to the operator whose access it is."""

    def __init__(self, accesses: _Accesses, history: SessionHistory, clock: Clock) -> None:
        self._accesses = accesses
        self._history = history
        self._clock = clock

    async def of(self, who: Principal, id1: Id1) -> AccessSessions:
        """The sessions and authentications of an access, newest first; reasons that may hold an identifier masked."""
        who.require(Right.TEST)
        access = await self._accesses.get(who, id1)
        answers = [_masked(one, access.ppp_username) for one in await self._history.authentications(access)]
        sessions = await self._history.sessions(access)
        return AccessSessions(self._clock.now(), access.ppp_username is not None, sessions, answers)


def _masked(one: PastAuthentication, username: str | None) -> PastAuthentication:
    reason = one.reason
    if reason is None or (_PLAIN.fullmatch(reason) and (not username or username.lower() not in reason.lower())):
        return one
    return replace(one, reason=MASK)
