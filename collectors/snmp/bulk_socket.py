"""The socket of the column reader: drained at each wake-up, each reply handed to who asked, in the same callback.

No future, no timer and no object a PDU. A reply counts when its request-id and its source are those of a request in
flight and its credentials hold; anything else is counted and dropped.
"""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from collectors.snmp import bulk_wire
from collectors.snmp.ber import UnrecognisedError
from collectors.snmp.chain import rewritten
from collectors.snmp.reply_room import ReplyRoom
from collectors.snmp.sealing import Reported, Session, as_v2c
from collectors.snmp.udp import Address, Counters, Decoder
from domain.errors import DeviceProtocolError

_log = structlog.get_logger(__name__)

_RECEIVE_BUFFER = 4 << 20  # octets asked of the kernel: bursts of replies from many agents
_LONGEST_DATAGRAM = 65535
_DRAIN = 128  # datagrams read in one turn of the loop, so that timers keep their time
_LOGGED_SOURCES = 256
_SO_RCVBUFFORCE = 33  # Linux: beyond net.core.rmem_max, for who administers the network
_OVERHEAD = (
    3  # C: octets of receive buffer that an octet of a reply takes, whole or in fragments (measured: 1.3 to 2.6)
)
_IDS = 1024  # request-ids drawn at once


class Waiting(Protocol):
    """Who waits for the reply to one request."""

    @property
    def address(self) -> Address:
        """Where the reply must come from."""
        ...

    @property
    def session(self) -> Session:
        """What the reply must prove."""
        ...

    def received(self, status: int, body: bytes, now: float) -> None:
        """Error-status and variables of the reply; raises `UnrecognisedError` for variables that it cannot follow."""
        ...

    def reported(self, report: Reported, now: float) -> None:
        """The agent reports on the request instead of answering it."""
        ...


@dataclass(slots=True)
class BulkSocket:
    """The socket of one address family, on the loop that opened it."""

    family: socket.AddressFamily
    fallback: Decoder
    counters: Counters
    loop: asyncio.AbstractEventLoop
    pending: dict[int, Waiting] = field(default_factory=dict)
    room: ReplyRoom = field(init=False)
    _socket: socket.socket | None = None
    _ids: list[int] = field(default_factory=list)
    _logged: set[Any] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._socket = socket.socket(self.family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self.room = ReplyRoom(enlarge(self._socket) // _OVERHEAD)
        self.loop.add_reader(self._socket, self.drain)

    def close(self) -> None:
        """Close the socket; what is in flight is left to its deadline."""
        if self._socket is not None:
            if not self.loop.is_closed():
                self.loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def new_id(self) -> int:
        """An unpredictable request-id that is not in use, of four octets whatever its value."""
        while True:
            if not self._ids:
                drawn = os.urandom(4 * _IDS)
                self._ids = [
                    int.from_bytes(drawn[at : at + 4], "big") & 0x3FFFFFFF | 0x40000000 for at in range(0, 4 * _IDS, 4)
                ]
            found = self._ids.pop()
            if found not in self.pending:
                return found

    def send(self, datagram: bytes, address: Address) -> None:
        """Send; a full buffer is as if lost on the way, anything else (no route) is an `OSError`."""
        self.counters.sent += 1
        if self._socket is None:
            raise ConnectionAbortedError
        try:
            self._socket.sendto(datagram, address)
        except BlockingIOError:
            return

    def drain(self) -> None:
        """Take the datagrams that have arrived, as many as one turn of the loop allows."""
        self._drain(_DRAIN)
        self.room.serve()

    def catch_up(self) -> None:
        """Take all datagrams that have arrived: before what is missing is judged lost."""
        self._drain(_DRAIN + len(self.pending))
        self.room.serve()

    def _drain(self, most: int) -> None:
        receive = self._socket.recvfrom if self._socket is not None else None
        if receive is None:
            return
        now = self.loop.time()
        for _ in range(most):
            try:
                datagram, address = receive(_LONGEST_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                if self._socket is None:
                    return
                continue  # an ICMP error of some earlier datagram: its deadline will tell
            self.counters.received += 1
            try:
                community, at = bulk_wire.community_frame(datagram)
                number, status, _, body = bulk_wire.frame(datagram, at)
            except (UnrecognisedError, IndexError):
                self._unusual(datagram, address, now)
                continue
            waiting = self.pending.get(number)
            if waiting is None or waiting.address != address or waiting.session.community != community:
                self.counters.unmatched += 1
                continue
            try:
                waiting.received(status, body, now)
            except UnrecognisedError:
                self._recover(datagram, waiting, now)

    def _unusual(self, datagram: bytes, address: Address, now: float) -> None:
        """SNMPv3, or a message in a form that only pyasn1 reads."""
        try:
            number = bulk_wire.message_id(datagram)
        except (UnrecognisedError, IndexError):
            if any(waiting.address == address for waiting in self.pending.values()):
                self._recover(datagram, None, now, address)
            else:
                self.counters.unmatched += 1  # nobody asked it anything: not worth decoding
            return
        waiting = self.pending.get(number)
        if waiting is None or waiting.address != address or waiting.session.community is not None:
            self.counters.unmatched += 1
            return
        try:
            pdu = waiting.session.open(datagram)
        except Reported as report:
            waiting.reported(report, now)
        except (UnrecognisedError, IndexError):
            self._malformed(datagram, address, "unrecognised v3 message")
        except DeviceProtocolError as error:
            self._malformed(datagram, address, error.detail)
        else:
            self._opened(pdu, number, waiting, now)

    def _opened(self, pdu: bytes, number: int, waiting: Waiting, now: float) -> None:
        """What a v3 message held, proved; its request-id must be the one of the message."""
        try:
            inner, status, _, body = bulk_wire.frame(pdu)
            if inner == number:
                waiting.received(status, body, now)
                return
        except UnrecognisedError:
            self._recover(as_v2c(pdu), waiting, now)
            return
        self.counters.unmatched += 1

    def _recover(self, datagram: bytes, waiting: Waiting | None, now: float, address: Address | None = None) -> None:
        """Read by pyasn1, then go on as if it had been understood at once."""
        try:
            response = self.fallback(datagram)
        except DeviceProtocolError as error:
            self._malformed(datagram, waiting.address if waiting else address, str(error))
            return
        found = self.pending.get(response.request_id)
        source = waiting.address if waiting is not None else address
        expected = None if found is None else found.session.community or b""  # b"": v3, opened and proved before
        if found is None or found.address != source or expected != response.community:
            self.counters.unmatched += 1
            return
        try:
            found.received(response.error_status, rewritten(response.varbinds), now)
            self.counters.recovered += 1
        except UnrecognisedError:
            self._malformed(datagram, source, "names beyond what a column has")

    def _malformed(self, datagram: bytes, address: Address | None, why: str) -> None:
        self.counters.malformed += 1
        source = (address or ("",))[0]
        if source not in self._logged and len(self._logged) < _LOGGED_SOURCES:
            self._logged.add(source)
            _log.warning("snmp_malformed", source=source, octets=len(datagram), why=why)


def enlarge(bound: socket.socket) -> int:
    """Ask for a large receive buffer. What the kernel granted (``net.core.rmem_max``), its own overhead included."""
    try:
        bound.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
    except OSError:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    return bound.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
