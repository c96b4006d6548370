"""Sessions of boxes (TR-069 3.7): found by cookie, else by connection; one a box; released on every path."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from collectors.boxes.authentication import Claim, Proof, Verdict
from collectors.boxes.mapping import DataModel
from collectors.boxes.requests import Rpc
from collectors.boxes.rpc import Answer
from collectors.boxes.scripts import BoxKind, Script
from collectors.boxes.settings import AcsSettings
from collectors.boxes.stats import AcsStats
from domain.box import KnownBox
from domain.identifiers import DeviceId
from domain.metric import Readings

COOKIE: Final = "acs"

Peer = tuple[str, int]

# Boxes echo attributes, separate with commas, or send the whole Set-Cookie line back: only our own name counts.
_COOKIE = re.compile(rf"(?:^|[;,\s]){COOKIE}=\"?([A-Za-z0-9_-]{{16,64}})")


@dataclass(slots=True)
class Work:
    """A script that runs in a session, what is done with its result, and who hears that it was cut short."""

    script: Script[Any]
    finish: Callable[[Any], Awaitable[None]]
    sent: Callable[[Rpc], None] = lambda _: None
    lost: Callable[[], None] = lambda: None

    def start(self) -> Rpc:
        """The first request; raises `StopIteration` when there is nothing to ask."""
        return next(self.script)

    def send(self, answer: Answer) -> Rpc:
        """The next request; raises `StopIteration` with the result."""
        return self.script.send(answer)


@dataclass(slots=True, eq=False)
class Session:
    """One session of one box.

    Attributes:
        device: Who it is with, as it claims.
        peer: Its TCP connection.
        token: Value of its cookie.
        namespace: CWMP namespace of the box.
        started_at: When it began, by the loop's clock, in seconds.
        box: The box, ``None`` for a stranger, who is never asked anything.
        proved: Whether it proved its own secret.
        proof: What its Inform proved, and how it was judged.
        kind: Kind of the box, ``None`` when its data model is unknown.
        model: Data model of the box.
        informed: Readings of its Inform.
        provision: Whether credentials are to be set.
        offer: Generation of the secret of its own that it is then given.
        read: Whether the vocabulary is to be read, whoever waits or not.
        work: What runs now.
        expects: Method of the answer that is awaited.
        asked: The request that it answers.
        repeated: Whether a read was asked again, because something else was answered.
        rpcs: Requests sent so far.
        busy: Whether a request of it is being handled.
        timer: Releases it when the box goes away.
    """

    device: DeviceId
    peer: Peer | None
    namespace: str
    started_at: float
    token: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))
    box: KnownBox | None = None
    proved: bool = False
    proof: Proof = field(default_factory=lambda: Proof(Claim.NOTHING), repr=False)
    verdict: Verdict = Verdict.ADMITTED
    kind: BoxKind | None = None
    model: DataModel | None = None
    informed: Readings = field(default_factory=Readings)
    provision: bool = False
    offer: int = 0
    read: bool = False
    work: Work | None = None
    expects: str | None = None
    asked: Rpc | None = None
    repeated: bool = False
    rpcs: int = 0
    busy: bool = False
    timer: asyncio.TimerHandle | None = None

    @property
    def host(self) -> str:
        """Address that it comes from."""
        return "" if self.peer is None else self.peer[0]


def cookie_tokens(header: str) -> list[str]:
    """Every value of our cookie in a Cookie header, however loosely it is written."""
    return _COOKIE.findall(header)


class SessionTable:
    """The sessions that live now."""

    def __init__(self, settings: AcsSettings, stats: AcsStats) -> None:
        self._settings = settings
        self._stats = stats
        self._by_token: dict[str, Session] = {}
        self._by_peer: dict[Peer, Session] = {}
        self._by_device: dict[DeviceId, Session] = {}

    def find(self, cookie: str, peer: Peer | None) -> Session | None:
        """The session of a request: its cookie first, and its connection when no cookie says anything."""
        for token in cookie_tokens(cookie):
            if token in self._by_token:
                return self._by_token[token]
        return None if peer is None else self._by_peer.get(peer)

    def alive(self, session: Session) -> bool:
        """Whether a session was not released meanwhile."""
        return session.token in self._by_token

    def is_open(self, device: DeviceId) -> bool:
        """Whether a box is in session."""
        return device in self._by_device

    def add(self, session: Session) -> None:
        """A new session: it takes the place of an older one of the same box.

        On a connection that a proxy shares between boxes, the other boxes' sessions live on by their cookies.
        """
        older = self._by_device.get(session.device)
        if older is not None and self.release(older):
            self._stats.superseded += 1
        self._by_token[session.token] = session
        self._by_device[session.device] = session
        if session.peer is not None:
            self._by_peer[session.peer] = session
        self._stats.open_sessions = len(self._by_token)
        self.touch(session)

    def touch(self, session: Session) -> None:
        """Give the box its time again."""
        if not self.alive(session):
            return
        if session.timer is not None:
            session.timer.cancel()
        loop = asyncio.get_running_loop()
        session.timer = loop.call_later(self._settings.session_timeout_s, self._expire, session)

    def release(self, session: Session) -> bool:
        """End a session; whether it was alive."""
        if self._by_token.pop(session.token, None) is None:
            return False
        if session.timer is not None:
            session.timer.cancel()
            session.timer = None
        if self._by_device.get(session.device) is session:
            del self._by_device[session.device]
        if session.peer is not None and self._by_peer.get(session.peer) is session:
            del self._by_peer[session.peer]
        if session.work is not None:
            work, session.work = session.work, None
            work.script.close()
            work.lost()
        self._stats.open_sessions = len(self._by_token)
        return True

    def close(self) -> None:
        """Release everything."""
        for session in list(self._by_token.values()):
            self.release(session)

    def _expire(self, session: Session) -> None:
        if session.busy:  # our own store is slow: not the box's fault
            self.touch(session)
        elif self.release(session):
            self._stats.expired += 1
