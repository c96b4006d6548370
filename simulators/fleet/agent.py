"""The SNMP windows of a fleet, in one process and one loop.

With ``spread="ports"`` each OLT is a port of one host and a socket of its own: its receive buffer is its own, so that
a crowd at one OLT never drops what is for another. Thousands of sockets are watched by one epoll that the asyncio loop
watches in its turn: two calls a burst instead of asyncio's own work for each socket. The limit of open files bounds
them (``ulimit -n``; raised here as far as that is permitted). With ``"addresses"`` all OLTs have one port and one
socket, and each an address of 127.0.0.0/8 (`loopback`): any number of OLTs, Linux only, one receive buffer for all.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import select
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from types import TracebackType
from typing import Any, Self

from simulators.fleet.fleet import Fleet
from simulators.fleet.loopback import Endpoint, LoopbackSocket
from simulators.fleet.responder import Counts, Limits, Responder
from simulators.fleet.tables import Encoded
from simulators.snmp.usm_engine import V3Engine
from simulators.snmp.usm_message import Sealer, V3User

Address = tuple[str, int]
Hear = Callable[[int, bytes, Address], None]
"""Hears the number of an OLT, a datagram that came to it, and from where."""

_BURST = 64  # datagrams of one socket at one wake-up
_READY = 256  # sockets served at one wake-up
_LARGEST = 65535
_RECEIVE_BUFFER = 1 << 20
_SEND_BUFFER = 1 << 20
_SPARE_FILES = 64
DEFAULT_MEMORY = 3 << 30  # octets of encoded columns
_ENGINE = b"\x80\x00\x1f\x88\x04"  # of net-snmp's enterprise, a text follows (RFC 3411 5)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How an OLT answers.

    Attributes:
        delay_s: Before each answer; requests do not wait for each other.
        service_s: What the OLT's processor takes for each request; requests do wait for each other.
        ddm_delay_s: More, when a column is one that the OLT asks its modules or ONTs for.
        loss: Share of the requests that it does not answer.
        limits: What it gives at once.
    """

    delay_s: float = 0.0
    service_s: float = 0.0
    ddm_delay_s: float = 0.0
    loss: float = 0.0
    limits: Limits = field(default_factory=Limits)

    @property
    def prompt(self) -> bool:
        """Whether every answer leaves at once."""
        return not (self.delay_s or self.service_s or self.ddm_delay_s or self.loss)


class _Window:
    """One OLT on the wire."""

    __slots__ = ("behaviour", "bound", "busy_until", "number", "responder")

    def __init__(self, number: int, bound: socket.socket | Endpoint, behaviour: Behaviour) -> None:
        self.number, self.bound, self.behaviour = number, bound, behaviour
        self.responder: Responder | None = None
        self.busy_until = 0.0


class FleetAgent:
    """Answers SNMP v2c, and v3 where there is a user, as every OLT of a fleet while its context lasts.

    Args:
        fleet: The fleet; the agent moves it with ``now_us``.
        now_us: The present instant of the fleet's clock, in microseconds since 1970.
        host: Address to listen on, with ``spread="ports"``.
        port: First port; 0 takes free ones.
        behaviour: How every OLT answers; `set_behaviour` changes one.
        user: SNMPv3 user of every OLT, beside the community; ``None`` for v2c alone.
        memory: Octets of encoded columns to keep; beyond it those of the OLT asked for the longest ago go.
    """

    def __init__(
        self,
        fleet: Fleet,
        now_us: Callable[[], int],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        behaviour: Behaviour | None = None,
        memory: int = DEFAULT_MEMORY,
        user: V3User | None = None,
    ) -> None:
        self._sealer = None if user is None else Sealer(user)
        self.fleet, self._now_us = fleet, now_us
        self._host, self._port, self._memory = host, port, memory
        self._behaviour = behaviour or Behaviour()
        self._windows: dict[int, _Window] = {}
        self._sockets: list[_Window] = []
        self._kept: OrderedDict[int, Encoded] = OrderedDict()
        self._octets = 0
        self._random = Random(fleet.options.seed)  # noqa: S311 - losses, reproducible
        self._late: set[asyncio.TimerHandle] = set()
        self._poll: select.epoll | None = None
        self._shared: LoopbackSocket | None = None
        self._began = 0.0
        self._replies: tuple[frozenset[Address], Hear] | None = None
        self.counts = Counts()

    @property
    def addresses(self) -> Mapping[str, Address]:
        """Where each OLT answers, by name."""
        return {f"OLT-{window.number:05d}": window.bound.getsockname()[:2] for window in self._sockets}

    def advance(self) -> None:
        """Let happen what is due by now."""
        self.fleet.advance(self._now_us())

    def send(self, number: int, datagram: bytes, to: Address) -> None:
        """Speak first, from the address where that OLT answers; raises `OSError` where it cannot leave."""
        self._sockets[number - 1].bound.sendto(datagram, to)

    def hear(self, sources: Iterable[Address], hear: Hear | None) -> None:
        """Give what comes from these addresses to ``hear`` instead of answering it; ``None`` for nobody any more."""
        self._replies = None if hear is None else (frozenset(sources), hear)

    def engine_id(self, number: int) -> bytes:
        """The SNMP engine of an OLT (RFC 3411 5)."""
        return _ENGINE + f"OLT-{number:05d}".encode()

    def life(self) -> tuple[int, int]:
        """SnmpEngineBoots and snmpEngineTime of every OLT: those of the wall, whatever the fleet's clock does."""
        return 1, int(asyncio.get_running_loop().time() - self._began) + 1

    def set_behaviour(self, number: int, **changes: Any) -> None:
        """Change how one OLT answers: fields of `Behaviour`, or of its `Limits`."""
        window = self._sockets[number - 1]
        limits = {name: value for name, value in changes.items() if name in Limits.__dataclass_fields__}
        others = {name: value for name, value in changes.items() if name not in limits}
        window.behaviour = replace(window.behaviour, limits=replace(window.behaviour.limits, **limits), **others)
        window.responder = None

    async def __aenter__(self) -> Self:
        self._began = asyncio.get_running_loop().time()
        self._poll = select.epoll()
        try:
            if self.fleet.options.spread == "ports":
                self._open_ports(self._poll)
            else:
                self._open_addresses(self._poll)
        except OSError:
            self._close()
            raise
        asyncio.get_running_loop().add_reader(self._poll.fileno(), self._wake)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._poll is not None:
            asyncio.get_running_loop().remove_reader(self._poll.fileno())
        self._close()

    def _open_ports(self, poll: select.epoll) -> None:
        wanted = len(self.fleet) + _SPARE_FILES
        allowed = allow_files(wanted)
        if allowed < wanted:
            raise OSError(f"{wanted} files are needed and {allowed} allowed: raise ulimit -n, or spread over addresses")
        for number in range(1, len(self.fleet) + 1):
            bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            window = _Window(number, bound, self._behaviour)
            self._sockets.append(window)
            bound.setblocking(False)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            bound.bind((self._host, self._port + number - 1 if self._port else 0))
            self._windows[bound.fileno()] = window
            poll.register(bound.fileno(), select.EPOLLIN)

    def _open_addresses(self, poll: select.epoll) -> None:
        self._shared = LoopbackSocket(self._port, len(self.fleet))
        poll.register(self._shared.fileno(), select.EPOLLIN)
        numbers = range(1, len(self.fleet) + 1)
        self._sockets = [_Window(number, self._shared.endpoint(number), self._behaviour) for number in numbers]

    def _close(self) -> None:
        for handle in self._late:
            handle.cancel()
        self._late.clear()
        for window in self._sockets:
            window.bound.close()
        self._sockets.clear()
        self._windows.clear()
        for shared in (self._shared, self._poll):
            if shared is not None:
                shared.close()
        self._shared = self._poll = None

    def _wake(self) -> None:
        if self._poll is None:
            return
        self.advance()
        if self._shared is not None:
            for number, data, source in self._shared.received(_READY):
                self._answer(self._sockets[number - 1], data, source)
            return
        for file, _ in self._poll.poll(0, _READY):
            window = self._windows[file]
            if window.behaviour.prompt:
                self._serve(window)
            else:
                self._serve_late(window)

    def _serve(self, window: _Window) -> None:
        """The short way: answers that leave at once."""
        bound = window.bound
        assert isinstance(bound, socket.socket)  # noqa: S101 - spread over ports: for the type checker
        receive, send = bound.recvfrom, bound.sendto
        responder = self._responder(window)
        answer = responder.answer
        try:
            for _ in range(_BURST):
                data, source = receive(_LARGEST)
                if self._replies is not None and self._is_reply(window.number, data, source):
                    continue
                reply = answer(data)
                if reply is not None:
                    send(reply, source)
        except OSError:  # nothing left, or a full buffer, as on any wire
            return
        finally:
            self._keep(window.number, responder.encoded)

    def _serve_late(self, window: _Window) -> None:
        bound = window.bound
        assert isinstance(bound, socket.socket)  # noqa: S101 - spread over ports: for the type checker
        for _ in range(_BURST):
            try:
                data, source = bound.recvfrom(_LARGEST)
            except OSError:
                return
            self._answer(window, data, source)

    def _answer(self, window: _Window, data: bytes, source: Any) -> None:
        if self._replies is not None and self._is_reply(window.number, data, source):
            return
        behaviour, responder = window.behaviour, self._responder(window)
        if behaviour.loss and self._random.random() < behaviour.loss:
            self.counts.dropped += 1
            return
        reply = responder.answer(data)
        self._keep(window.number, responder.encoded)
        if reply is None:
            return
        wait = behaviour.delay_s + (behaviour.ddm_delay_s if responder.slow else 0.0)
        if behaviour.service_s:
            now = asyncio.get_running_loop().time()
            window.busy_until = max(window.busy_until, now) + behaviour.service_s
            wait += window.busy_until - now
        if wait:
            self._send_later(window, wait, reply, source)
            return
        with contextlib.suppress(OSError):
            window.bound.sendto(reply, source)

    def _is_reply(self, number: int, data: bytes, source: Any) -> bool:
        """Whether it answers what an OLT has said first; who listens has it then."""
        if self._replies is None or source[:2] not in self._replies[0]:
            return False
        self._replies[1](number, data, source[:2])
        return True

    def _send_later(self, window: _Window, wait: float, reply: bytes, source: Any) -> None:
        def send() -> None:
            self._late.discard(handle)
            with contextlib.suppress(OSError):
                window.bound.sendto(reply, source)

        handle = asyncio.get_running_loop().call_later(wait, send)
        self._late.add(handle)

    def _responder(self, window: _Window) -> Responder:
        """What answers for that OLT: made at its first request, at the present instant at each wake-up."""
        olt = self.fleet.olt(window.number)
        if window.responder is None:
            encoded = self._kept.get(window.number) or Encoded(olt, self.fleet.tables(window.number))
            community = self.fleet.options.community.encode()
            v3 = self._engine(window.number, community)
            window.responder = Responder(encoded, community, window.behaviour.limits, self.counts, v3)
        return window.responder

    def _engine(self, number: int, community: bytes) -> V3Engine | None:
        """What answers SNMPv3 as an OLT."""
        if self._sealer is None:
            return None
        return V3Engine(self._sealer, self.engine_id(number), community, self.life)

    def _keep(self, number: int, encoded: Encoded) -> None:
        """Note what its columns take, and let go of others when all take too much."""
        if encoded.grown:
            self._octets += encoded.grown
            encoded.grown = 0
            self._kept[number] = encoded
            self._kept.move_to_end(number)
            while self._octets > self._memory and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._octets -= oldest.forget()


def allow_files(wanted: int) -> int:
    """Raise the limit of open files, the hard one too where that is permitted; returns how many are allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):  # raising the hard limit takes a privilege
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed
