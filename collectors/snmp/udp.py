"""One non-blocking UDP socket an address family, shared by every agent.

``add_reader`` and a drain loop instead of a DatagramProtocol (8 times cheaper a datagram). A reply counts when its
source, its request-id and its community are those of a request in flight; anything else is counted and dropped. A
request is repeated with the same id, so that a late reply to the first copy is as good as one to the second; the first
repetition leaves as soon as the agent's usual answers would have come (RFC 6298), the others with more patience.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from collectors.load import RoundTrip
from collectors.snmp import ber, bulk_wire
from collectors.snmp.sealing import MOST_REPORTS, Reported, Session, as_v2c
from collectors.snmp.values import Response
from domain.errors import DeviceProtocolError
from domain.pacing import SLICE_S

_log = structlog.get_logger(__name__)

_RECEIVE_BUFFER = 4 << 20  # octets asked of the kernel: bursts of GETBULK replies
_LONGEST_DATAGRAM = 65535
_LOGGED_SOURCES = 256  # bound on the memory of who was already logged

Address = tuple[Any, ...]
Decoder = Callable[[bytes], Response]


@dataclass(frozen=True, slots=True)
class Retry:
    """When a request is repeated.

    Attributes:
        first_s: Wait before the second copy to an agent that never answered, and before the third to any other. C: a
            loaded OLT answers live optics in 1 to 5 s (`olt_mibs.md` 7).
        factor: Each wait is that many times the one before.
        copies: Copies sent at most: agents limit pollers that insist.
    """

    first_s: float = 1.0
    factor: float = 2.0
    copies: int = 4

    @property
    def longest_s(self) -> float:
        """C: the longest wait before a second copy: the third copy of a request to a stranger leaves then."""
        return self.first_s * self.factor**2

    @property
    def silence_s(self) -> float:
        """How long a request with all its copies is waited for where nobody waits for the answer: polling's."""
        return self.first_s * sum(self.factor**copy for copy in range(self.copies))


@dataclass(slots=True)
class Counters:
    """What went through the sockets since they were opened."""

    sent: int = 0
    repeated: int = 0
    received: int = 0
    malformed: int = 0
    unmatched: int = 0
    recovered: int = 0  # read by pyasn1 after the fast codec had refused


@dataclass(slots=True)
class _Pending:
    request_id: int
    pdu: Callable[[int], bytes]
    address: Address
    session: Session
    reply: asyncio.Future[Response]
    sent_at: float
    copies: int = 1
    reports: int = 0
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class UdpEndpoint:
    """The socket of one address family, bound to the loop that made its first request."""

    family: socket.AddressFamily
    fallback: Decoder
    retry: Retry
    counters: Counters
    _socket: socket.socket | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _pending: dict[int, _Pending] = field(default_factory=dict)
    _logged: set[Address] = field(default_factory=set)

    async def ask(self, address: Address, session: Session, pdu: Callable[[int], bytes], trip: RoundTrip) -> Response:
        """Send ``pdu(request_id)`` and return the reply. Waits for ever: the caller holds the deadline.

        ``trip`` is what is known of the agent's round trip; it learns from the reply.

        Raises `Reported` when an SNMPv3 agent refuses the user or what the user may do.
        """
        loop = asyncio.get_running_loop()
        self._open(loop)
        request_id = self._new_id()
        pending = _Pending(request_id, pdu, address, session, loop.create_future(), loop.time())
        self._pending[request_id] = pending
        wait_s = min(trip.patience_s(self.retry.first_s), self.retry.longest_s)
        try:
            self._send(pending)
            pending.timer = loop.call_later(wait_s, self._repeat, pending, wait_s)
            response = await pending.reply
            # From its first copy, whichever was answered: an agent that is always late is not asked twice for ever.
            trip.timed(loop.time() - pending.sent_at)
            return response
        finally:
            del self._pending[pending.request_id]
            if pending.timer is not None:
                pending.timer.cancel()

    def close(self) -> None:
        """Close the socket; requests in flight end with `ConnectionAbortedError`."""
        for pending in self._pending.values():
            if not pending.reply.done():
                pending.reply.set_exception(ConnectionAbortedError())
        if self._socket is not None:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = self._loop = None

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._socket is not None and self._loop is loop:
            return
        self.close()
        self._socket = socket.socket(self.family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        self._loop = loop
        loop.add_reader(self._socket, self._drain)

    def _new_id(self) -> int:
        # Unpredictable: with the source, it is all that tells a reply from a forgery (RFC 3414 1.1 on v2c).
        while (request_id := 1 + secrets.randbelow((1 << 31) - 1)) in self._pending:
            pass
        return request_id

    def _send(self, pending: _Pending) -> None:
        if self._socket is None:
            return
        self.counters.sent += 1
        try:
            number = pending.request_id
            self._socket.sendto(pending.session.seal(pending.pdu(number), number), pending.address)
        except BlockingIOError:
            pass  # as if lost on the way: the repetition follows
        except OSError as error:
            if not pending.reply.done():
                pending.reply.set_exception(error)

    def _repeat(self, pending: _Pending, waited_s: float) -> None:
        pending.timer = None
        if pending.reply.done() or pending.copies >= self.retry.copies or self._loop is None:
            return
        pending.copies += 1
        self.counters.repeated += 1
        self._send(pending)
        delay_s = max(waited_s * self.retry.factor, self.retry.first_s)
        pending.timer = self._loop.call_later(delay_s, self._repeat, pending, delay_s)

    def _drain(self) -> None:
        """Take what has arrived, for `SLICE_S` seconds: the loop calls again as long as there is more."""
        until = time.perf_counter() + SLICE_S
        while time.perf_counter() < until:
            if self._socket is None:
                return
            try:
                datagram, address = self._socket.recvfrom(_LONGEST_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error of some earlier datagram: its deadline will tell
            self.counters.received += 1
            self._take(datagram, address)

    def _take(self, datagram: bytes, address: Address) -> None:
        if not any(pending.address[:2] == address[:2] for pending in self._pending.values()):
            self.counters.unmatched += 1  # nobody asked it anything: not worth decoding
            return
        try:
            response = self._opened(datagram, address) if _is_v3(datagram) else self._decode(datagram)
        except DeviceProtocolError as error:
            self.counters.malformed += 1
            if address[:2] not in self._logged and len(self._logged) < _LOGGED_SOURCES:
                self._logged.add(address[:2])
                _log.warning("snmp_malformed", source=address[0], port=address[1], octets=len(datagram), why=str(error))
            return
        if response is None:
            return
        pending = self._pending.get(response.request_id)
        if pending is None or not _matches(pending, address, response):
            self.counters.unmatched += 1
        elif pending.reply.done():
            self.counters.unmatched += 1  # the reply to another copy
        else:
            pending.reply.set_result(response)

    def _opened(self, datagram: bytes, address: Address) -> Response | None:
        """What an SNMPv3 message holds; ``None`` when it is nobody's, or a report: both are dealt with here."""
        try:
            number = bulk_wire.message_id(datagram)
            pending = self._pending.get(number)
            if pending is None or pending.address[:2] != address[:2] or pending.session.community is not None:
                self.counters.unmatched += 1
                return None
            response = self._decode(as_v2c(pending.session.open(datagram)))
        except Reported as report:
            self._reported(self._pending[number], report)
            return None
        except (ber.UnrecognisedError, IndexError) as error:
            raise DeviceProtocolError("", "unrecognised v3 message") from error
        if response.request_id != number:
            self.counters.unmatched += 1
            return None
        return response

    def _reported(self, pending: _Pending, report: Reported) -> None:
        """Ask again under a new number: the report, should it come again, is then nobody's."""
        pending.reports += 1
        if report.again and pending.reports <= MOST_REPORTS:
            del self._pending[pending.request_id]
            pending.request_id = self._new_id()
            self._pending[pending.request_id] = pending
            if self._loop is not None:
                pending.sent_at = self._loop.time()
            self._send(pending)
        elif not pending.reply.done():
            pending.reply.set_exception(report)

    def _decode(self, datagram: bytes) -> Response:
        try:
            return ber.decode_response(datagram)
        except ber.UnrecognisedError:
            response = self.fallback(datagram)
            self.counters.recovered += 1
            return response


def _is_v3(datagram: bytes) -> bool:
    try:
        start, _ = bulk_wire.header_end(datagram, 0)
    except (ber.UnrecognisedError, IndexError):
        return False
    return datagram[start : start + 3] == bulk_wire.V3


def _matches(pending: _Pending, address: Address, response: Response) -> bool:
    """Same source, same credentials; what an SNMPv3 message held was proved before."""
    return pending.address[:2] == address[:2] and (pending.session.community or b"") == response.community
