"""The authentication log: syslog lines (RFC 5424 over UDP, RFC 5426) in the words of FreeRADIUS."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from collectors.boxes.once import LogOnce
from collectors.sessions.batcher import Batcher
from collectors.sessions.sockets import widen
from domain.clock import Clock
from domain.ports import SessionStore
from domain.session import AuthEvent
from domain.states import AuthResult

# RFC 5424 6: <PRI>VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG
_SYSLOG = re.compile(
    r"<(?P<pri>[0-9]{1,3})>[1-9][0-9]{0,2} (?P<at>\S+) \S+ \S+ \S+ \S+ "
    r'(?:-|(?:\[(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*")*\])+)(?: (?P<message>.*))?',
    re.DOTALL,
)
# RFC 3339, with at most the six decimals that RFC 5424 6.2.3 allows
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_ACCEPT = re.compile(r"\bLogin OK(?:: | \()")
_REJECT = re.compile(r"\b(?:Login incorrect|Invalid user)\b")
# The user may hold any character but a control one; the last "] (from client" ends it. It is not part of the pattern:
# a pattern with two gaps would try every pair of places, which a hostile line makes slow.
_LOGIN = re.compile(r"\b(?:Login OK|Login incorrect|Invalid user)(?: \((?P<reason>.*?)\))?: \[")
_END_OF_USER = "] (from client "
# A proxy that got no answer from the server behind it refuses by itself: its words of a request, and of a login.
_UNANSWERED = re.compile(r'\bFailing proxied request for user "(?P<user>.*)", due to lack of any response\b')
_HOME_SILENT = "home server failed to respond"
_CONTROL = re.compile(r"[\x00-\x1f]")
_MESSAGE_LIMIT = 4096  # twice what RFC 5426 3.2 asks every receiver to take
_REASON_LIMIT = 200
_USER_LIMIT = 253  # a RADIUS attribute holds no more
_AHEAD = timedelta(hours=1)  # C: a line from further ahead comes from a sender whose clock is not set


class BadLineError(Exception):
    """A datagram that is not a syslog line, or a login line that cannot be read.

    Attributes:
        kind: ``not_syslog``, ``timestamp`` or ``wording``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


def read_line(data: bytes, received: datetime) -> AuthEvent | None:
    """The event of a datagram; ``None`` when it speaks of something else; raises `BadLineError`."""
    found = _SYSLOG.fullmatch(data.decode("utf-8", "replace").rstrip("\r\n\x00"))
    if found is None or int(found["pri"]) > 191:
        raise BadLineError("not_syslog")
    message = (found["message"] or "").lstrip("\ufeff")[:_MESSAGE_LIMIT]
    unanswered = _UNANSWERED.search(message)
    if unanswered is not None:
        return _event(unanswered["user"], AuthResult.TIMEOUT, found["at"], None, received)
    accepted = _ACCEPT.search(message) is not None
    if not accepted and _REJECT.search(message) is None:
        return None
    told, ended, _ = message.rpartition(_END_OF_USER)
    login = _LOGIN.search(told)
    if login is None or not ended:
        raise BadLineError("wording")
    reason = login["reason"]
    if message[login.start() :].startswith("Invalid user"):
        reason = reason or "Invalid user"
    result = AuthResult.ACCEPT if accepted else AuthResult.REJECT
    if reason is not None and reason.strip().lower() == _HOME_SILENT:
        result, reason = AuthResult.TIMEOUT, None  # nobody refused anything
    return _event(_user(told[login.end() :]), result, found["at"], reason, received)


def _event(user: str, result: AuthResult, stamp: str, reason: str | None, received: datetime) -> AuthEvent:
    if not user or _CONTROL.search(user):
        raise BadLineError("wording")
    return AuthEvent(user[:_USER_LIMIT], result, _instant(stamp, received), reason[:_REASON_LIMIT] if reason else None)


def _user(logged: str) -> str:
    """The user of ``user``, ``user/<via Auth-Type = CHAP>``; a user name may hold a slash itself."""
    if logged.endswith(">") and "/<" in logged:
        logged = logged.rpartition("/<")[0]
    return logged


def _instant(text: str, received: datetime) -> datetime:
    if text == "-":  # NILVALUE: the sender has no clock (RFC 5424 6.2.3)
        return received
    if _INSTANT.fullmatch(text) is None:
        raise BadLineError("timestamp")
    try:
        told = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadLineError("timestamp") from error
    return told if told <= received + _AHEAD else received  # else it would hide every later answer


@dataclass(slots=True)
class AuthLogStats:
    """What the listener saw since it started.

    Attributes:
        received: Datagrams.
        kept: Events that the store accepted.
        ignored: Lines that speak of something else.
        malformed: Datagrams that could not be read.
        dropped: Events lost because too many wait, or because the store refused them to the end.
        store_errors: Batches that the store refused; they are offered again with the next one, or a while later.
    """

    received: int = 0
    kept: int = 0
    ignored: int = 0
    malformed: int = 0
    dropped: int = 0
    store_errors: int = 0


class AuthLogListener(asyncio.DatagramProtocol):
    """Receives the authentication log on UDP while the context lasts.

    Args:
        store: Where events go.
        clock: Gives the instant of lines without one.
        host: Address to listen on.
        port: Port; 0 takes a free one.
    """

    def __init__(self, store: SessionStore, clock: Clock, host: str, port: int) -> None:
        self.stats = AuthLogStats()
        self._store = store
        self._clock = clock
        self._address = (host, port)
        self._batcher: Batcher[AuthEvent] = Batcher(self._keep)
        self._refused: list[AuthEvent] = []
        self._again: asyncio.TimerHandle | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._log = LogOnce("authlog")

    @property
    def port(self) -> int:
        """The port that is listened on."""
        if self._transport is None:
            raise RuntimeError("the listener is not started")
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    async def __aenter__(self) -> Self:
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=self._address
        )
        widen(self._transport)
        self._batcher.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        await self._batcher.stop()
        await self._keep(())  # the last time
        self.stats.dropped += len(self._refused)
        if self._again is not None:
            self._again.cancel()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One line."""
        self.stats.received += 1
        try:
            event = read_line(data, self._clock.now())
        except BadLineError as error:
            self.stats.malformed += 1
            self._log(f"authlog_{error.kind}", sender=addr[0])
            return
        if event is None:
            self.stats.ignored += 1
        elif not self._batcher.put(event):
            self.stats.dropped += 1
            self._log("authlog_queue_full")

    def error_received(self, exc: Exception) -> None:
        """Nothing is sent here, so nothing can be lost."""
        self._log("authlog_socket_error", error=type(exc).__name__)

    async def _keep(self, batch: Sequence[AuthEvent]) -> None:
        events = [*self._refused, *batch]
        if not events:
            return
        try:
            await self._store.authenticated(events)
        except Exception as error:  # noqa: BLE001 - whatever the store raises, the events are offered again
            self.stats.store_errors += 1
            self._log("authlog_not_kept", error=type(error).__name__)
            self.stats.dropped += max(0, len(events) - _REFUSED_KEPT)
            self._refused = events[-_REFUSED_KEPT:]
            if self._again is not None:
                self._again.cancel()
            self._again = asyncio.get_running_loop().call_later(AGAIN_S, self._batcher.again)
            return
        self._refused = []
        self.stats.kept += len(events)


_REFUSED_KEPT = 20_000  # events kept in memory while the store fails
AGAIN_S = 5.0  # C: until they are offered again, where no new one comes before
