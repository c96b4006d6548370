"""The UDP side: notifications in, observations out, informs acknowledged once the store has accepted them."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import structlog

from collectors.traps.filtering import Copies, Digest, Limit, digest
from collectors.traps.meaning import dialect, observe
from collectors.traps.notification import NotANotificationError, Notification, Refusal, decode
from collectors.traps.sources import Sources
from domain.clock import Clock
from domain.events import EventObservation
from domain.ports import EventSink

_log = structlog.get_logger(__name__)

_RECEIVE_BUFFER = 4 << 20  # octets asked of the kernel: a board that dies says so for 2,000 rows at once
_LONGEST_DATAGRAM = 65535
_DRAIN = 128  # datagrams read in one turn of the loop
_WAITING = 10_000  # C: notifications that wait for the store; further ones are dropped and counted
_BATCH = 500  # C: events handed to the store at once
_LOGGED = 256  # bound on the memory of what was already logged

Address = tuple[Any, ...]


@dataclass(slots=True)
class TrapCounters:
    """What came in since the start."""

    received: int = 0
    accepted: int = 0  # given to the store, which took them
    acknowledged: int = 0  # informs answered, copies included
    copies: int = 0
    unknown_source: int = 0
    wrong_community: int = 0
    limited: int = 0
    malformed: int = 0
    other_version: int = 0
    overflow: int = 0
    failed: int = 0  # the store refused them


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: EventObservation
    what: Digest
    notification: Notification
    address: Address


@dataclass(slots=True)
class _State:
    """The socket and its loop, while the receiver is open."""

    socket: socket.socket
    loop: asyncio.AbstractEventLoop
    store: asyncio.Task[None]


@dataclass(slots=True)
class TrapReceiver:
    """Receives notifications on UDP while its context lasts.

    Args:
        sources: The OLTs that are listened to.
        sink: Where observations go.
        clock: Gives the instant of each observation.
        host: Address to listen on.
        port: UDP port (RFC 3417 3.2 names 162); 0 takes a free one.
    """

    sources: Sources
    sink: EventSink
    clock: Clock
    host: str = "127.0.0.1"
    port: int = 0
    counters: TrapCounters = field(default_factory=TrapCounters)
    copies: Copies = field(default_factory=Copies)
    _limits: dict[str, Limit] = field(default_factory=dict)
    _queue: asyncio.Queue[_Waiting] = field(default_factory=lambda: asyncio.Queue(_WAITING))
    _logged: set[tuple[str, str]] = field(default_factory=set)
    _open: _State | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setblocking(False)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            bound.bind(address)
        except OSError:
            bound.close()
            raise
        self.port = int(bound.getsockname()[1])
        self._open = _State(bound, loop, loop.create_task(self._store(), name="traps"))
        loop.add_reader(bound, self._drain)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened.loop.remove_reader(opened.socket)
            opened.store.cancel()
            await asyncio.wait([opened.store])
            opened.socket.close()

    def _drain(self) -> None:
        for _ in range(_DRAIN):
            if self._open is None:
                return
            try:
                datagram, address = self._open.socket.recvfrom(_LONGEST_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error of an earlier acknowledgement
            self.counters.received += 1
            self._take(datagram, address, self._open.loop.time())

    def _take(self, datagram: bytes, address: Address, now_s: float) -> None:
        host = str(address[0])
        if not self.sources.knows(host):
            self.counters.unknown_source += 1
            self._say(host, "unknown source")
            return
        if not self._limits.setdefault(host, Limit()).allows(now_s):
            self.counters.limited += 1
            self._say(host, "too many")
            return
        try:
            notification = decode(datagram)
        except NotANotificationError as refused:
            if refused.why is Refusal.VERSION:
                self.counters.other_version += 1
            else:
                self.counters.malformed += 1
            self._say(host, refused.why.value)
            return
        target = self.sources.find(host, notification.community.reveal())
        if target is None:
            self.counters.wrong_community += 1
            self._say(host, "wrong community, or one that several OLTs of this address share")
            return
        what = digest(target.name, notification)
        if not self.copies.first(what, now_s):
            self.counters.copies += 1
            if self.copies.kept(what):
                self._acknowledge(notification, address)
            return
        event = observe(notification, target.name, dialect(target.vendor), self.clock.now())
        try:
            self._queue.put_nowait(_Waiting(event, what, notification, address))
        except asyncio.QueueFull:
            self.counters.overflow += 1
            self.copies.forget(what)

    async def _store(self) -> None:
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < _BATCH and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            try:
                await self.sink.observed([one.event for one in waiting])
            except Exception as error:  # noqa: BLE001 - the boundary: the next events may be taken
                self.counters.failed += len(waiting)
                self._say("", f"store: {type(error).__name__}")
                for one in waiting:
                    self.copies.forget(one.what)
                continue
            self.counters.accepted += len(waiting)
            for one in waiting:
                self.copies.keep(one.what)
                self._acknowledge(one.notification, one.address)

    def _acknowledge(self, notification: Notification, address: Address) -> None:
        if notification.acknowledgement is None or self._open is None:
            return
        try:
            self._open.socket.sendto(notification.acknowledgement, address)
        except OSError:
            return  # as if lost on the way: the OLT sends its inform again
        self.counters.acknowledged += 1

    def _say(self, host: str, why: str) -> None:
        """Log each kind of refusal of a source once."""
        if (host, why) not in self._logged and len(self._logged) < _LOGGED:
            self._logged.add((host, why))
            _log.warning("trap_refused", source=host, why=why)
