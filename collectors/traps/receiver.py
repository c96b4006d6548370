"""The UDP side: notifications in, observations out, informs acknowledged once the store has accepted them."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import structlog

from collectors.snmp.ber import UnrecognisedError
from collectors.traps.filtering import REPEAT_S, Copies, Digest, Limit, Turns, digest
from collectors.traps.meaning import dialect, observe
from collectors.traps.notification import NotANotificationError, Notification, Refusal, decode, decode_pdu
from collectors.traps.sources import Sources, plain
from collectors.traps.usm_receive import LocalEngine, UsmReceiver, UsmRefusal, UsmRefusedError
from domain.clock import Clock
from domain.events import EventObservation
from domain.olt import OltTarget
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
    repeats: int = 0  # the same event, announced otherwise
    unknown_source: int = 0
    wrong_community: int = 0
    discoveries: int = 0  # SNMPv3 senders told which engine we are
    wrong_user: int = 0
    wrong_level: int = 0
    wrong_digest: int = 0
    not_in_time: int = 0
    undecipherable: int = 0
    limited: int = 0
    malformed: int = 0
    other_version: int = 0
    overflow: int = 0
    failed: int = 0  # the store refused them


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: EventObservation
    what: tuple[Digest, Digest | None]
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
        engine: Who SNMPv3 informs are sent to; without it they are refused, and traps are taken all the same.
    """

    sources: Sources
    sink: EventSink
    clock: Clock
    host: str = "127.0.0.1"
    port: int = 0
    engine: LocalEngine | None = None
    counters: TrapCounters = field(default_factory=TrapCounters)
    copies: Copies = field(default_factory=Copies)
    repeats: Copies = field(default_factory=lambda: Copies(REPEAT_S))
    _turns: Turns = field(default_factory=Turns)
    _limits: dict[str, Limit] = field(default_factory=dict)
    _queue: asyncio.Queue[_Waiting] = field(default_factory=lambda: asyncio.Queue(_WAITING))
    _logged: set[tuple[str, str]] = field(default_factory=set)
    _open: _State | None = None
    _usm: UsmReceiver = field(init=False)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._usm = UsmReceiver(loop.time, self.engine)
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

    def forget(self, olt: OltTarget) -> None:
        """See `collectors.polling.Holder`; asked as long as the addresses of the OLT are known."""
        for address in self.sources.addresses(olt.host):
            self._limits.pop(address, None)
        self._usm.forget(olt)

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
        host = plain(str(address[0]))
        if not self.sources.knows(host):
            self.counters.unknown_source += 1
            self._say(host, "unknown source")
            return
        if not self._limits.setdefault(host, Limit()).allows(now_s):
            self.counters.limited += 1
            self._say(host, "too many")
            return
        read = self._read(datagram, address)
        if read is None:
            return
        target, notification = read
        exact = digest(target.name, notification)
        if not self.copies.first(exact, now_s):
            self.counters.copies += 1
            if self.copies.kept(exact):
                self._acknowledge(notification, address)
            return
        event = observe(notification, target.name, dialect(target.vendor), self.clock.now())
        same = self._turns.digest(event)
        if same is not None and not self.repeats.first(same, event.at.timestamp()):
            self._repeated(exact, same, notification, address)
            return
        try:
            self._queue.put_nowait(_Waiting(event, (exact, same), notification, address))
        except asyncio.QueueFull:
            self.counters.overflow += 1
            self._forget(exact, same)

    def _repeated(self, exact: Digest, same: Digest, notification: Notification, address: Address) -> None:
        """What was announced otherwise before: acknowledged once that is kept, else taken anew when it comes again."""
        self.counters.repeats += 1
        if self.repeats.kept(same):
            self.copies.keep(exact)
            self._acknowledge(notification, address)
        else:
            self.copies.forget(exact)

    def _forget(self, exact: Digest, same: Digest | None) -> None:
        self.copies.forget(exact)
        if same is not None:
            self.repeats.forget(same)

    def _read(self, datagram: bytes, address: Address) -> tuple[OltTarget, Notification] | None:
        """Who speaks, and what it says; what is refused is counted, and logged once a kind and source."""
        host = str(address[0])
        try:
            return self._opened(datagram, host)
        except UsmRefusedError as refused:
            self._count(refused.why.counter)
            if refused.why is not UsmRefusal.DISCOVERY:
                self._say(host, refused.why.counter)
            if refused.report is not None:
                self._send(refused.report, address)
        except NotANotificationError as refused:
            self._count("other_version" if refused.why is Refusal.VERSION else "malformed")
            self._say(host, refused.why.value)
        return None

    def _opened(self, datagram: bytes, host: str) -> tuple[OltTarget, Notification] | None:
        try:
            notification = decode(datagram)
        except NotANotificationError as refused:
            if refused.why is not Refusal.VERSION:
                raise
            try:
                opened = self._usm.open(datagram, self.sources.at(host))
            except UnrecognisedError:
                raise refused from None
            return opened.target, decode_pdu(opened.pdu, opened.answer)
        target = self.sources.find(host, notification.community.reveal())
        if target is None:
            self._count("wrong_community")
            self._say(host, "wrong community, or one that several OLTs of this address share")
            return None
        return target, notification

    def _count(self, counter: str) -> None:
        setattr(self.counters, counter, getattr(self.counters, counter) + 1)

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
                    self._forget(*one.what)
                continue
            self.counters.accepted += len(waiting)
            for one in waiting:
                exact, same = one.what
                self.copies.keep(exact)
                if same is not None:
                    self.repeats.keep(same)
                self._acknowledge(one.notification, one.address)

    def _acknowledge(self, notification: Notification, address: Address) -> None:
        if notification.acknowledgement is not None and self._send(notification.acknowledgement, address):
            self.counters.acknowledged += 1

    def _send(self, datagram: bytes, address: Address) -> bool:
        if self._open is None:
            return False
        try:
            self._open.socket.sendto(datagram, address)
        except OSError:
            return False  # as if lost on the way: the OLT sends its inform again
        return True

    def _say(self, host: str, why: str) -> None:
        """Log each kind of refusal of a source once."""
        if (host, why) not in self._logged and len(self._logged) < _LOGGED:
            self._logged.add((host, why))
            _log.warning("trap_refused", source=host, why=why)
